import { show } from "./_show.ts";

const most = 8;

/** Where two values differ, gathered from the outside in. */
class Comparison {
  readonly found: string[] = [];
  // Pairs under way, so that what holds itself comes to an end.
  readonly #pairs: (readonly [object, object])[] = [];

  compare(path: string, wanted: unknown, there: unknown): void {
    if (this.found.length >= most || Object.is(wanted, there)) return;
    if (
      typeof wanted !== "object" || typeof there !== "object" ||
      wanted === null || there === null || kindOf(wanted) !== kindOf(there)
    ) return this.#differ(path, wanted, there);
    if (this.#pairs.some(([a, b]) => a === wanted && b === there)) return;
    this.#pairs.push([wanted, there]);
    this.#objects(path, wanted, there);
    this.#pairs.pop();
  }

  #objects(path: string, wanted: object, there: object): void {
    if (wanted instanceof Date || wanted instanceof RegExp) {
      if (show(wanted) !== show(there)) this.#differ(path, wanted, there);
    } else if (ArrayBuffer.isView(wanted)) {
      const bytes = bytesOf(there as ArrayBufferView);
      const same = wanted.byteLength === bytes.length &&
        bytesOf(wanted).every((byte, at) => byte === bytes[at]);
      if (!same) this.#differ(path, wanted, there);
    } else if (wanted instanceof Error) {
      this.compare(`${path}.name`, wanted.name, (there as Error).name);
      this.compare(`${path}.message`, wanted.message, (there as Error).message);
    } else if (wanted instanceof Map || wanted instanceof Set) {
      this.compare(path, [...wanted], [...there as Set<unknown>]);
    } else this.#fields(path, wanted, there);
  }

  // A field that is undefined and one that is not there are the same: no message could tell them apart.
  #fields(path: string, wanted: object, there: object): void {
    const one = wanted as Readonly<Record<string, unknown>>;
    const other = there as Readonly<Record<string, unknown>>;
    for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
      const at = Array.isArray(wanted) ? `${path}[${name}]` : `${path}.${name}`;
      this.compare(at, one[name], other[name]);
    }
    if (Array.isArray(wanted)) {
      const { length } = there as readonly unknown[];
      this.compare(`${path}.length`, wanted.length, length);
    }
  }

  #differ(path: string, wanted: unknown, there: unknown): void {
    const at = path === "" ? "" : `at ${path.replace(/^\./, "")} `;
    this.found.push(`${at}expected ${show(wanted)}, found ${show(there)}`);
  }
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function kindOf(value: object): unknown {
  if (Array.isArray(value)) return "array";
  if (ArrayBuffer.isView(value)) return "bytes";
  const prototype = Object.getPrototypeOf(value);
  return prototype === null ? Object.prototype : prototype;
}

/** Where what is there differs from what was wanted, in words; empty where it does not. */
export function differences(wanted: unknown, there: unknown): string[] {
  const comparison = new Comparison();
  comparison.compare("", wanted, there);
  return comparison.found;
}
