import { type Awaitable, isPromiseLike } from "./awaitable.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Delivery } from "./delivery.ts";
import type { Batches } from "./subscription.ts";
import { Extender } from "./_extender.ts";
import { Face, type FaceEnd, type FaceHost } from "./_face.ts";
import { Ring } from "./_ring.ts";

/** Options for {@linkcode DeliveryBuffer}. */
export interface DeliveryBufferOptions<D extends Delivery> {
  /** Takes back what was never handed out, when the buffer is cancelled or fails. Cancelling waits for it. */
  readonly handBack: (deliveries: readonly D[]) => Awaitable<void>;
  /** Told when a reader waits at an empty buffer, and how many it would take at most. It may push right there. By default nobody is told. */
  readonly onDemand?: (count: number) => void;
  /** Stops the broker's sending, once: on whichever of the two comes first. A drain still takes what it pushes. Never called by `fail()`. By default nothing is to be done. */
  readonly onStop?: (why: "drain" | "cancel") => Awaitable<void>;
  /** Told once when the streams have ended: closed, or broken. At a cancel that is before `onStop`. By default nobody is told. */
  readonly onEnd?: () => void;
  /** The deadline of a delivery: what the buffer holds is extended at half of it. Without one nothing is extended. */
  readonly settleDeadlineMs?: number;
  /**
   * Time for extending.
   *
   * @default {systemClock}
   */
  readonly clock?: Clock;
}

/**
 * What a broker pushes deliveries into, from its socket callback, and a subscription's streams are read from.
 *
 * 1. A push costs what a queue costs: it makes no promise and never throws. What is pushed in one turn to a waiting reader of batches arrives as one batch.
 * 2. `deliveries` and every `batches()` are faces of one buffer: taking either locks all. Readers come from the members of the streams: one made by `new ReadableStreamDefaultReader()` locks the other faces with its first read only, and 3 does not hold for it.
 * 3. Nothing lies in a stream's own queue. A read given up by `releaseLock()` swallows nothing: the next delivery comes first at the next read of any face.
 * 4. `onDemand` is told once for each wait: the count is the most this reader would take now, and replaces what was told before. What it pushes right there goes to this very read. If it throws, the buffer fails with that.
 * 5. Cancelling, in any of the ways a stream has, ends intake and closes the faces at once; then `onStop` is called and waited for, then `handBack` with what was never handed out, in order, unless that is nothing. All of it is tried; what went wrong is what cancelling rejects with.
 * 6. Draining calls `onStop` and waits for it, and takes what arrives meanwhile; then intake ends, also when `onStop` fails. The stream gives what had arrived, then closes; a cancel gives the rest back.
 * 7. Failing gives back what is held and errors the faces with the cause as it is, or with an AggregateError of both where `handBack` fails too. It does not call `onStop`: there is nothing left to stop. After that, cancelling and draining resolve.
 * 8. What it holds is extended, until it is handed out or given back. A delivery whose `extend` returns false is no longer ours, and is dropped unseen.
 *
 * @example Two faces of one buffer
 * ```ts
 * import assert from "node:assert/strict";
 * import { type Delivery, DeliveryBuffer } from "@ruststream/core/contract";
 *
 * const buffer = new DeliveryBuffer({ handBack: () => {} });
 * for (const address of ["a", "b", "c"]) {
 *   const message = { address, body: new Uint8Array() };
 *   buffer.push({ message, settle: () => {} } satisfies Delivery);
 * }
 * await buffer.drain();
 * const batches = await Array.fromAsync(buffer.batches(2));
 * assert.deepEqual(batches.map((batch) => batch.length), [2, 1]);
 * ```
 *
 * @typeParam D What the broker makes of a message.
 */
export class DeliveryBuffer<D extends Delivery = Delivery>
  implements Batches<D> {
  /** One delivery a chunk. */
  readonly deliveries: ReadableStream<D>;
  readonly #options: DeliveryBufferOptions<D>;
  readonly #ring: Ring<D> = new Ring<D>();
  readonly #extender: Extender<D> | undefined;
  readonly #host: FaceHost;
  #taken: Face | undefined;
  // What is pushed will be handed over in this very turn, or was asked for right now.
  #handingOver = false;
  #open = true;
  #end: FaceEnd | undefined;
  #failed: Promise<void> | undefined;

  /**
   * Makes an empty buffer that is open.
   *
   * @throws {RangeError} If `settleDeadlineMs` is not a number above 0.
   */
  constructor(options: DeliveryBufferOptions<D>) {
    this.#options = options;
    this.#extender = this.#makeExtender(options);
    this.#host = this.#makeHost();
    this.deliveries = new Face(this.#host, 1, () => this.#ring.shift() as D);
  }

  /** Deliveries held and not handed out yet. */
  get size(): number {
    return this.#ring.size;
  }

  /** How many the reader that waits would take at most; 0 where none waits, what it waits for is here, or intake has ended. For brokers that must be asked: as long as it is above 0, look again. */
  get demand(): number {
    const face = this.#taken;
    if (!this.#open || this.#ring.size > 0 || !face?.waits) return 0;
    return face.held ? face.count : 0;
  }

  /** Whether a push is taken. */
  get open(): boolean {
    return this.#open;
  }

  /**
   * Chunks of 1 to `max` deliveries that have already arrived, in order. Each call makes a new face, which lives as long as it is read.
   *
   * @throws {RangeError} If `max` is not a whole number of at least 1.
   * @throws {TypeError} If any face is locked.
   */
  batches(max: number): ReadableStream<readonly D[]> {
    if (!Number.isSafeInteger(max) || max < 1) {
      throw new RangeError(
        `Cannot read batches: max must be a whole number of at least 1, found ${max}`,
      );
    }
    this.#refuseLocked();
    return new Face<readonly D[]>(this.#host, max, () => this.#ring.take(max));
  }

  /** Adds a delivery; false when intake has ended, and the delivery is still the caller's. Never throws, makes no promise. */
  push(delivery: D): boolean {
    if (!this.#open) return false;
    this.#ring.push(delivery);
    if (this.#handingOver) return true;
    if (this.#taken?.waits) {
      this.#handingOver = true;
      // Not at once: what else is pushed in this turn belongs to the same batch.
      queueMicrotask(this.#handOver);
    } else this.#extender?.update();
    return true;
  }

  /** Takes out what was never handed out: it is the caller's again, and the stream goes on with what is pushed next. For a subscription that was moved or paused: a read that waits goes on waiting, and nobody is told of it anew. */
  clear(): D[] {
    const held = this.#ring.take(this.#ring.size);
    this.#extender?.update();
    this.#endIfEmpty();
    return held;
  }

  /** Stops the broker's sending, then ends intake: the stream gives what had arrived, then closes. Resolves when intake has ended. A second call waits for the first. */
  drain(): Promise<void> {
    return this.#drain();
  }

  /** Stops the broker's sending and gives back what was never handed out; all faces close. A second call waits for the first. */
  cancel(): Promise<void> {
    return this.#cancel();
  }

  /** The subscription is lost: gives back what was never handed out and errors all faces with the cause. Does nothing once they have ended. */
  fail(cause: unknown): void {
    if (this.#end !== undefined || this.#failed !== undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#failed = promise;
    const broken = (cause: unknown): void => {
      this.#finish({ kind: "broken", cause });
      resolve();
    };
    const both = (failure: unknown): void =>
      broken(
        new AggregateError(
          [cause, failure],
          `Cannot give back ${held.length} deliveries of a lost subscription: handing back failed too`,
        ),
      );
    const held = this.#shut();
    try {
      const given = held.length > 0 ? this.#options.handBack(held) : undefined;
      if (isPromiseLike(given)) given.then(() => broken(cause), both);
      else broken(cause);
    } catch (failure) {
      both(failure);
    }
  }

  readonly #stop: (why: "drain" | "cancel") => Promise<void> = once(
    async (why: "drain" | "cancel") => {
      await this.#options.onStop?.(why);
    },
  );

  readonly #drain: () => Promise<void> = once(async () => {
    if (!this.#open) return;
    try {
      await this.#stop("drain");
    } finally {
      this.#open = false;
      this.#endIfEmpty();
    }
  });

  readonly #cancel: () => Promise<void> = once(async () => {
    if (this.#failed !== undefined) return await this.#failed;
    const held = this.#shut();
    this.#finish({ kind: "closed" });
    const failures: unknown[] = [];
    await this.#stop("cancel").catch((failure) => failures.push(failure));
    try {
      if (held.length > 0) await this.#options.handBack(held);
    } catch (failure) {
      failures.push(failure);
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) {
      throw new AggregateError(
        failures,
        `Cannot cancel a subscription: neither stopping it nor giving back ${held.length} deliveries succeeded`,
      );
    }
  });

  readonly #handOver = (): void => {
    this.#handingOver = false;
    const face = this.#taken;
    if (face?.waits && face.held && this.#ring.size > 0) this.#give(face);
    else this.#extender?.update();
  };

  #give(face: Face): void {
    face.give();
    this.#extender?.update();
    this.#endIfEmpty();
  }

  #ask(count: number): void {
    this.#handingOver = true;
    try {
      this.#options.onDemand?.(count);
    } catch (cause) {
      this.fail(cause);
    }
    this.#handingOver = false;
  }

  #shut(): D[] {
    this.#open = false;
    const held = this.#ring.take(this.#ring.size);
    this.#extender?.update();
    return held;
  }

  #endIfEmpty(): void {
    if (this.#open || this.#ring.size > 0 || this.#failed !== undefined) return;
    this.#finish({ kind: "closed" });
  }

  #finish(end: FaceEnd): void {
    if (this.#end !== undefined) return;
    // Faces without a reader learn of the end when they are taken: nobody keeps a list of them.
    this.#end = end;
    this.#taken?.end(end);
    this.#options.onEnd?.();
  }

  #refuseLocked(): void {
    if (this.#host.locked) {
      throw new TypeError(
        "Cannot read deliveries: all faces of the buffer are locked, one has a reader already",
      );
    }
  }

  #makeHost(): FaceHost {
    const taken = (): boolean => this.#taken?.held ?? false;
    const adopt = (face: Face): void => {
      this.#taken = face;
      face.forget();
      if (this.#end !== undefined) face.end(this.#end);
    };
    return {
      get locked() {
        return taken();
      },
      take: (face) => {
        this.#refuseLocked();
        adopt(face);
      },
      pull: (face) => {
        // Nobody is told of a reader that was made by `new ReadableStreamDefaultReader()`.
        if (this.#taken !== face && !taken()) adopt(face);
        if (this.#end !== undefined) return;
        if (this.#ring.size === 0) {
          face.wait();
          if (this.#open) this.#ask(face.count);
        }
        if (this.#ring.size > 0) this.#give(face);
      },
      cancel: () => this.#cancel(),
    };
  }

  #makeExtender(
    { settleDeadlineMs, clock = systemClock }: DeliveryBufferOptions<D>,
  ): Extender<D> | undefined {
    if (settleDeadlineMs === undefined) return undefined;
    if (!(settleDeadlineMs > 0)) {
      throw new RangeError(
        `Cannot make a delivery buffer: settleDeadlineMs must be a number above 0, found ${settleDeadlineMs}`,
      );
    }
    return new Extender<D>({
      ring: this.#ring,
      everyMs: settleDeadlineMs / 2,
      clock,
      onDrop: () => this.#endIfEmpty(),
    });
  }
}

// The promise is there before the work begins, so that work which calls back into the buffer waits for itself, not twice.
function once<A extends readonly unknown[]>(
  run: (...given: A) => Promise<void>,
): (...given: A) => Promise<void> {
  let begun: Promise<void> | undefined;
  return (...given) => {
    if (begun !== undefined) return begun;
    const { promise, resolve } = Promise.withResolvers<void>();
    begun = promise;
    resolve(run(...given));
    return promise;
  };
}
