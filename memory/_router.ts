import {
  type AddressPattern,
  checkAddress,
  matchAddress,
} from "@ruststream/core/contract";

// Addresses may be without number (one per customer), their routes must not be.
const mostCached = 4096;

/** Who reads which address. */
export class Router<Q> {
  readonly #exact = new Map<string, Set<Q>>();
  readonly #patterns = new Map<Q, AddressPattern>();
  readonly #cached = new Map<string, readonly Q[]>();

  /** How many entries there are in all tables, for tests: what is closed must leave nothing. */
  get size(): number {
    return this.#exact.size + this.#patterns.size + this.#cached.size;
  }

  add(pattern: AddressPattern, reader: Q): void {
    this.#cached.clear();
    if (!isExact(pattern)) {
      this.#patterns.set(reader, pattern);
      return;
    }
    const readers = this.#exact.get(pattern.template);
    if (readers === undefined) {
      this.#exact.set(pattern.template, new Set([reader]));
    } else readers.add(reader);
  }

  remove(pattern: AddressPattern, reader: Q): void {
    this.#cached.clear();
    this.#patterns.delete(reader);
    const readers = this.#exact.get(pattern.template);
    if (readers?.delete(reader) && readers.size === 0) {
      this.#exact.delete(pattern.template);
    }
  }

  /**
   * The readers of an address.
   *
   * @throws {TypeError} If the address is not lawful, or has a parameter left.
   */
  find(address: string): readonly Q[] {
    return this.#cached.get(address) ?? this.#look(address);
  }

  #look(address: string): readonly Q[] {
    checkAddress(address);
    const readers = [...this.#exact.get(address) ?? []];
    for (const [reader, pattern] of this.#patterns) {
      if (matchAddress(pattern, address) !== undefined) readers.push(reader);
    }
    if (this.#cached.size >= mostCached) this.#cached.clear();
    this.#cached.set(address, readers);
    return readers;
  }
}

/** Whether it has no parameters. */
export function isExact({ tokens }: AddressPattern): boolean {
  return tokens.every(({ kind }) => kind === "literal");
}
