import type { QueuedDelivery } from "./_delivery.ts";

/** Deliveries that were given and not settled, the earliest deadline first: all deadlines are equally long, so a new one is the last. */
export class GivenList {
  #first: QueuedDelivery | undefined;
  #last: QueuedDelivery | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get first(): QueuedDelivery | undefined {
    return this.#first;
  }

  add(delivery: QueuedDelivery): void {
    delivery.before = this.#last;
    if (this.#last === undefined) this.#first = delivery;
    else this.#last.after = delivery;
    this.#last = delivery;
    this.#length++;
  }

  remove(delivery: QueuedDelivery): void {
    const { before, after } = delivery;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    delivery.before = undefined;
    delivery.after = undefined;
    this.#length--;
  }

  *[Symbol.iterator](): IterableIterator<QueuedDelivery> {
    let next = this.#first;
    while (next !== undefined) {
      const { after } = next;
      yield next;
      next = after;
    }
  }
}
