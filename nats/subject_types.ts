import type {
  Batches,
  Delivery,
  Subscription,
} from "@ruststream/core/contract";

/** Options for {@linkcode subject}. */
export interface SubjectOptions {
  /** The queue group: each message goes to one of its members. By default the group of the subscriber, or none. */
  readonly group?: string;
  /**
   * How many messages may wait to be read. Core NATS cannot be asked to send slower.
   *
   * @default {65_536}
   */
  readonly capacity?: number;
  /**
   * What goes when one more comes: that one, those that have waited longest, or the subscription, with `overloaded`. What is dropped is reported.
   *
   * @default {"drop-new"}
   */
  readonly overflow?: "drop-new" | "drop-old" | "close";
}

/** Deliveries of one subject. Nothing comes back: a settle ends nothing but the delivery itself. */
export interface NatsSubscription
  extends Subscription<Delivery>, Batches<Delivery> {}

/** Options for {@linkcode coreSink}. */
export interface CoreSinkOptions {
  /**
   * What a resolved publish means: it was handed to the socket, or the server has taken it, which costs a round trip.
   *
   * @default {"sent"}
   */
  readonly confirms?: "sent" | "received";
}

/** The options of a subject, each with a value. */
export interface SubjectSettings {
  readonly capacity: number;
  readonly overflow: "drop-new" | "drop-old" | "close";
}
