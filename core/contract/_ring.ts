// Both are powers of two: the place of an item is then one bit-and.
const smallest = 16;
const largestIdle = 1024;

/** A queue in a circle that grows: adding and taking are O(1) and make nothing but the list that is asked for. */
export class Ring<T> {
  #slots: (T | undefined)[] = new Array<undefined>(smallest).fill(undefined);
  #head = 0;
  #size = 0;

  /** How many it holds. */
  get size(): number {
    return this.#size;
  }

  /** Adds one at the end. */
  push(item: T): void {
    if (this.#size === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#size++) & (this.#slots.length - 1)] = item;
  }

  /** Takes up to so many from the front, in order. */
  take(most: number): T[] {
    const count = Math.min(most, this.#size);
    const taken = new Array<T>(count);
    for (let i = 0; i < count; i++) taken[i] = this.shift() as T;
    return taken;
  }

  /** Takes the first. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    // A burst should not hold its memory for as long as the subscription lives.
    if (--this.#size === 0 && this.#slots.length > largestIdle) {
      this.#slots = new Array<undefined>(smallest).fill(undefined);
      this.#head = 0;
    }
    return item;
  }

  /** Everything it holds, in order; all of it stays. */
  list(): T[] {
    return Array.from(
      { length: this.#size },
      (_, i) => this.#slots[(this.#head + i) & (this.#slots.length - 1)] as T,
    );
  }

  /** Takes some out of the middle; the rest keeps its order. */
  remove(items: ReadonlySet<T>): void {
    for (const item of this.take(this.#size)) {
      if (!items.has(item)) this.push(item);
    }
  }

  #grow(): void {
    const { length } = this.#slots;
    const slots = this.list() as (T | undefined)[];
    for (let i = 0; i < length; i++) slots.push(undefined);
    this.#slots = slots;
    this.#head = 0;
  }
}
