/**
 * What the book of `examples/scale_out` says: what was handled, what twice, what out of order, and how long nothing was.
 *
 * @module
 */
import { closeSync, openSync, readSync } from "node:fs";

/** What was handled when all was over. */
export interface Count {
  /** Different orders. */
  readonly handled: number;
  /** Lines beyond one for each order. */
  readonly twice: number;
  /** Orders that were handled before one that their shop had placed earlier. */
  readonly disordered: number;
}

interface Line {
  readonly at: number;
  readonly shop: string;
  readonly number: number;
}

/** Reads the book as it grows. */
export class Account {
  readonly #file: number;
  readonly #seen = new Map<string, Set<number>>();
  readonly #highest = new Map<string, number>();
  /** When each shop's orders were handled, in milliseconds. */
  readonly #times = new Map<string, number[]>();
  #offset = 0;
  #rest = "";
  #handled = 0;
  #twice = 0;
  #disordered = 0;

  constructor(path: string) {
    this.#file = openSync(path, "a+");
  }

  get count(): Count {
    return {
      handled: this.#handled,
      twice: this.#twice,
      disordered: this.#disordered,
    };
  }

  /** Reads what was written since it last did. */
  read(): void {
    const bytes = new Uint8Array(1 << 16);
    for (;;) {
      const read = readSync(this.#file, bytes, 0, bytes.length, this.#offset);
      if (read === 0) return;
      this.#offset += read;
      const text = this.#rest +
        new TextDecoder().decode(bytes.subarray(0, read));
      const lines = text.split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) this.add(lineOf(line));
    }
  }

  /** Counts a line. */
  add({ at, shop, number }: Line): void {
    const seen = this.#seen.get(shop) ?? new Set();
    this.#seen.set(shop, seen);
    const times = this.#times.get(shop) ?? [];
    this.#times.set(shop, times);
    times.push(at);
    if (seen.has(number)) {
      this.#twice++;
      return;
    }
    const highest = this.#highest.get(shop) ?? -1;
    if (number < highest) this.#disordered++;
    this.#highest.set(shop, Math.max(highest, number));
    seen.add(number);
    this.#handled++;
  }

  /** When each shop had moved on after a moment that ever did. */
  recovered(at: number): number {
    let latest = at;
    for (const times of this.#times.values()) {
      const next = times.find((time) => time >= at);
      if (next !== undefined && next > latest) latest = next;
    }
    return latest;
  }

  close(): void {
    closeSync(this.#file);
  }
}

function lineOf(text: string): Line {
  const [at, , shop = "", number] = text.split(" ");
  return { at: Number(at), shop, number: Number(number) };
}
