/** Numbers that look like chance, and are the same again for the same seed. */
export class SeededRandom {
  #state: number;

  /** Begins at a seed. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 up to but without 1: mulberry32, which is small and good enough for a day of orders. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** True in this share of cases. */
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** A whole number from 1 up to `most`. */
  count(most: number): number {
    return 1 + Math.floor(this.next() * most);
  }

  /**
   * One of a list.
   *
   * @throws {RangeError} If the list is empty.
   */
  pick<T>(list: readonly T[]): T {
    return nth(list, Math.floor(this.next() * list.length));
  }
}

/**
 * One of a list, which begins again at its end.
 *
 * @throws {RangeError} If the list is empty.
 */
export function nth<T>(list: readonly T[], index: number): T {
  const one = list[index % list.length];
  if (one === undefined) throw new RangeError("Cannot pick from an empty list");
  return one;
}
