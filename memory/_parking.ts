import { MessagingError } from "@ruststream/core/contract";
import type { Parcel } from "./_parcel.ts";
import type { Queue } from "./_queue.ts";
import { Ring } from "./_ring.ts";
import type { Wait } from "./_waits.ts";

/** Options for {@linkcode ParkedPublish}. */
export interface ParkedPublishOptions {
  readonly parcel: Parcel;
  readonly parking: Parking;
  /** Told once, however it ends. */
  readonly onEnd: (parked: ParkedPublish) => void;
}

/**
 * A publish, or several in one, that waits for room in every queue it goes to.
 *
 * It ends once, by: room everywhere (resolves), its signal (its reason), its time (`overloaded`), the connection's shutdown (`closed`), or the
 * end of the request or transaction that it belongs to. One that was scheduled waits without end.
 */
export class ParkedPublish implements Wait {
  readonly promise: Promise<void>;
  due = 0;
  slot = -1;
  readonly #options: ParkedPublishOptions;
  readonly #resolve: () => void;
  readonly #reject: (reason: unknown) => void;
  #done = false;

  constructor(options: ParkedPublishOptions) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.promise = promise;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Whether it waits no more; it may still stand in a line. */
  get done(): boolean {
    return this.#done;
  }

  get parcel(): Parcel {
    return this.#options.parcel;
  }

  get queues(): Iterable<Queue> {
    return this.parcel.needs.keys();
  }

  admit(): void {
    this.#done = true;
    this.#options.onEnd(this);
    this.#resolve();
  }

  end(reason: unknown): void {
    if (this.#done) return;
    this.#done = true;
    this.#options.onEnd(this);
    this.#reject(reason);
    this.#options.parking.left(this);
  }

  get deed(): string {
    return this.parcel.deed;
  }

  late(): Error {
    return new MessagingError(
      "overloaded",
      `Cannot ${this.deed}: a queue that it goes to stayed full`,
    );
  }
}

/**
 * Lets publishes in: into all of their queues, or none.
 *
 * One that finds a queue full, or others in line for it, stands in line at each of its queues. All lines have the same order, so the one that
 * waits longest is the first in all of its own, and no two can wait for each other.
 */
export class Parking {
  readonly #store: (parcel: Parcel) => void;
  // Only of queues where somebody waits.
  readonly #lines = new Map<Queue, Ring<ParkedPublish>>();
  readonly #roomy: Queue[] = [];
  #busy = false;

  constructor(store: (parcel: Parcel) => void) {
    this.#store = store;
  }

  park(parked: ParkedPublish): void {
    for (const queue of parked.queues) {
      const line = this.#lines.get(queue) ?? new Ring<ParkedPublish>();
      line.push(parked);
      this.#lines.set(queue, line);
      queue.crowded = true;
    }
  }

  /** A queue has room: lets in who can. */
  admit(queue: Queue): void {
    this.#roomy.push(queue);
    // Storing one makes readers take, which makes room: that is for the loop that already runs.
    if (this.#busy) return;
    this.#busy = true;
    for (
      let next = this.#roomy.pop();
      next !== undefined;
      next = this.#roomy.pop()
    ) {
      let first = this.#first(next);
      while (first !== undefined && this.#try(first)) first = this.#first(next);
    }
    this.#busy = false;
  }

  /** One gave up: whoever stood behind it may be let in. */
  left(parked: ParkedPublish): void {
    for (const queue of parked.queues) this.admit(queue);
  }

  /** A queue has ended: nobody waits for it any more. */
  release(queue: Queue): void {
    const line = this.#lines.get(queue);
    this.#lines.delete(queue);
    queue.crowded = false;
    for (let next = line?.shift(); next !== undefined; next = line?.shift()) {
      if (!next.done && this.#try(next)) this.left(next);
    }
  }

  #try(parked: ParkedPublish): boolean {
    if (!parked.parcel.fits) return false;
    const queues = [...parked.queues].filter(({ ended }) => !ended);
    if (queues.some((queue) => this.#first(queue) !== parked)) return false;
    for (const queue of queues) this.#lines.get(queue)?.shift();
    parked.admit();
    this.#store(parked.parcel);
    // The next in line at each of them may now be the first everywhere.
    this.#roomy.push(...queues);
    return true;
  }

  // One that gave up stays in line until it would be the next.
  #first(queue: Queue): ParkedPublish | undefined {
    const line = this.#lines.get(queue);
    while (line?.first?.done) line.shift();
    if (line?.first === undefined) {
      this.#lines.delete(queue);
      queue.crowded = false;
    }
    return line?.first;
  }
}
