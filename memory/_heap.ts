/** What a {@linkcode Heap} holds: each knows its place, so that it can be taken out of the middle. */
export interface Slotted {
  /** Kept by the heap; -1 outside of it. */
  slot: number;
}

/** Items of which the least comes first. Adding, taking and removing cost the logarithm of how many there are. */
export class Heap<T extends Slotted> {
  readonly #items: T[] = [];
  readonly #less: (one: T, other: T) => boolean;

  constructor(less: (one: T, other: T) => boolean) {
    this.#less = less;
  }

  get length(): number {
    return this.#items.length;
  }

  /** The least, left where it is. */
  get first(): T | undefined {
    return this.#items[0];
  }

  /** All of them, in no order. */
  get items(): readonly T[] {
    return this.#items;
  }

  push(item: T): void {
    this.#items.push(item);
    this.#up(item, this.#items.length - 1);
  }

  shift(): T | undefined {
    const [least] = this.#items;
    if (least !== undefined) this.remove(least);
    return least;
  }

  /** Takes one out; one that is not there stays so. */
  remove(item: T): void {
    const at = item.slot;
    if (this.#items[at] !== item) return;
    item.slot = -1;
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#down(last, at);
    this.#up(last, last.slot);
  }

  #set(item: T, at: number): void {
    this.#items[at] = item;
    item.slot = at;
  }

  #up(item: T, from: number): void {
    let at = from;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#items[parentAt];
      if (parent === undefined || !this.#less(item, parent)) break;
      this.#set(parent, at);
      at = parentAt;
    }
    this.#set(item, at);
  }

  #down(item: T, from: number): void {
    let at = from;
    for (;;) {
      let childAt = 2 * at + 1;
      let child = this.#items[childAt];
      if (child === undefined) break;
      const right = this.#items[childAt + 1];
      if (right !== undefined && this.#less(right, child)) {
        child = right;
        childAt++;
      }
      if (!this.#less(child, item)) break;
      this.#set(child, at);
      at = childAt;
    }
    this.#set(item, at);
  }
}
