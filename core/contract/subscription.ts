import type { Delivery } from "./delivery.ts";
import type { Guarantees } from "./guarantees.ts";

/** What waits on the server for a subscription. */
export interface Backlog {
  /** Messages not delivered yet. */
  readonly waiting: number;
  /** Deliveries handed out and not settled. */
  readonly unsettled: number;
}

/**
 * Deliveries of one subscription.
 *
 * 1. Nothing is read ahead of what was asked for.
 * 2. `deliveries` and `batches()` are faces of one buffer: taking either locks both.
 * 3. Cancelling either stops intake and gives back what was never handed out. What was handed out stays the reader's: it can still be extended and settled.
 * 4. A delivery handed out comes back only when its deadline passes, the subscription is disposed, or the connection shuts down.
 * 5. A read given up by `releaseLock()` swallows nothing: the next delivery comes first at the next read of either face.
 * 6. The stream does not die of one bad message. A lost subscription errors it, with the cause.
 *
 * Disposing cancels, and gives back what was handed out and not settled.
 */
export interface Subscription<D extends Delivery = Delivery>
  extends AsyncDisposable {
  /** What this subscription promises: at least what its broker and source do. */
  readonly guarantees: Guarantees;
  /** One delivery a chunk; nothing is read before it is wanted. */
  readonly deliveries: ReadableStream<D>;
  /** The broker sends no more; the stream gives what had already arrived, then closes. A second call waits for the first. */
  drain(): Promise<void>;
  /** What waits on the server. Absent where the broker does not know. */
  backlog?(): Promise<Backlog>;
}

/** Capability: several deliveries a chunk. Every broker of ours has it. */
export interface Batches<D extends Delivery = Delivery> {
  /**
   * Chunks of 1 to `max` deliveries that have already arrived, in order; it never waits for more. Each settles by itself.
   *
   * @throws {RangeError} If `max` is not a whole number of at least 1.
   * @throws {TypeError} If either face is locked.
   */
  batches(max: number): ReadableStream<readonly D[]>;
}

/** Capability: the subscription can be moved in a log. */
export interface Seekable<P> {
  /**
   * Delivers the message at a position again, and then the rest. The position may lie behind or ahead.
   *
   * Where the log does not hold that message, or no longer, it rejects with `refused`, and the subscription stays where it was; `closed` where the subscription has ended. An abort rejects with the signal's reason, and the subscription may have moved.
   */
  seek(position: P, options?: { readonly signal?: AbortSignal }): Promise<void>;
}

/** Capability: intake can be stopped and started without ending the subscription. Calling either twice is the same as once. */
export interface Pausable {
  /** Stops intake. What was handed out stays the reader's. */
  pause(): void;
  /** Starts intake again. */
  resume(): void;
}
