const smallest = 16;

/** A first-in, first-out list that grows by doubling and lets its memory go when it runs empty. */
export class Ring<T> {
  #slots: (T | undefined)[] = new Array(smallest);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The one that comes next, left where it is. */
  get first(): T | undefined {
    return this.#slots[this.#head];
  }

  push(item: T): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = item;
    this.#length++;
  }

  shift(): T | undefined {
    const item = this.#slots[this.#head];
    if (this.#length === 0) return undefined;
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    if (--this.#length === 0 && this.#slots.length > 1024) {
      this.#slots = new Array(smallest);
      this.#head = 0;
    }
    return item;
  }

  /** Takes one out, wherever it is; false if it is not there. */
  delete(item: T): boolean {
    // Who removes one after the other begins at the front.
    if (this.#length > 0 && this.first === item) {
      this.shift();
      return true;
    }
    const rest = [...this].filter((one) => one !== item);
    if (rest.length === this.#length) return false;
    this.#slots = new Array(smallest);
    this.#head = 0;
    this.#length = 0;
    for (const one of rest) this.push(one);
    return true;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let index = 0; index < this.#length; index++) {
      // None of these is empty, unless that is what was pushed.
      yield this.#slots[(this.#head + index) & (this.#slots.length - 1)] as T;
    }
  }

  #grow(): void {
    const { length } = this.#slots;
    const larger: (T | undefined)[] = new Array(length * 2);
    for (let index = 0; index < length; index++) {
      larger[index] = this.#slots[(this.#head + index) & (length - 1)];
    }
    this.#slots = larger;
    this.#head = 0;
  }
}
