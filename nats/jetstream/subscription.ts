import type {
  Backlog,
  Batches,
  Pausable,
  Seekable,
  Subscription,
} from "@ruststream/core/contract";
import type { JetStreamDelivery, OrderedDelivery } from "./delivery.ts";

/** Deliveries of one consumer of a stream. */
export interface JetStreamSubscription
  extends
    Subscription<JetStreamDelivery>,
    Batches<JetStreamDelivery>,
    Pausable {
  /** The stream's name. */
  readonly stream: string;
  /** The consumer's name; of an ephemeral one, what it was given. */
  readonly consumer: string;
  /** What waits for the consumer, all its readers together. */
  backlog(): Promise<Backlog>;
}

/** A place in a stream. Plain data: it survives being written down. */
export interface StreamPosition {
  /** The message's number in its stream. */
  readonly sequence: number;
}

/** Where to begin in a stream: its oldest message, behind its newest, a message, or the first that was stored at a time or later. */
export type StreamStart = "start" | "end" | StreamPosition | Date;

/** What a stream holds, in order, and then what comes. Nothing of it is settled. */
export interface OrderedSubscription
  extends
    Subscription<OrderedDelivery>,
    Batches<OrderedDelivery>,
    Seekable<StreamStart> {
  /** The stream's name. */
  readonly stream: string;
  /**
   * Goes on from another place. What waited here is forgotten, and comes again where it belongs.
   *
   * Rejects with `refused` where the stream does not hold the position under the channel's address, and stays where it was.
   */
  seek(
    position: StreamStart,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;
}
