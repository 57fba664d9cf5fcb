import type { Awaitable } from "./awaitable.ts";
import type { Clock } from "./clock.ts";
import type { Delivery } from "./delivery.ts";
import type { Batches } from "./subscription.ts";

/** Options for {@linkcode DeliveryBuffer}. */
export interface DeliveryBufferOptions<D extends Delivery> {
  /** Takes back what was never handed out, when the buffer is cancelled or fails. Cancelling waits for it. */
  readonly handBack: (deliveries: readonly D[]) => Awaitable<void>;
  /** Told when a reader waits at an empty buffer, and how many it would take at most. It may push right there. By default nobody is told. */
  readonly onDemand?: (count: number) => void;
  /** Stops the broker's sending, on a cancel and on a drain alike, once. By default nothing is to be done. */
  readonly onStop?: () => Awaitable<void>;
  /** The deadline of a delivery: what the buffer holds is extended at half of it. Without one nothing is extended. */
  readonly settleDeadlineMs?: number;
  /**
   * Time for extending.
   *
   * @default {systemClock}
   */
  readonly clock?: Clock;
}

/** TO BE WRITTEN (signatures are final). */
export declare class DeliveryBuffer<D extends Delivery = Delivery>
  implements Batches<D> {
  constructor(options: DeliveryBufferOptions<D>);
  /** One delivery a chunk. */
  readonly deliveries: ReadableStream<D>;
  /** Deliveries held and not handed out yet. */
  get size(): number;
  /** Whether a push is taken. */
  get open(): boolean;
  batches(max: number): ReadableStream<readonly D[]>;
  /** Adds a delivery; false when intake has ended, and the delivery is still the caller's. Never throws, makes no promise. */
  push(delivery: D): boolean;
  /** Stops the broker's sending, then ends intake: the stream gives what had arrived, then closes. A second call waits for the first. */
  drain(): Promise<void>;
  /** Stops the broker's sending and gives back what was never handed out; both faces close. A second call waits for the first. */
  cancel(): Promise<void>;
  /** The subscription is lost: gives back what was never handed out and errors both faces with the cause. */
  fail(cause: unknown): void;
}
