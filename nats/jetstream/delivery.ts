import type { Delivery } from "@ruststream/core/contract";
import type { NativeConnection } from "../native.ts";

/** A message on its way from a stream to one subscriber. */
export interface JetStreamDelivery extends Delivery {
  /** What duplicates have in common: the message's id where it was published with one, else the stream and the sequence. */
  readonly id: string;
  /** 1 for the first delivery, as the server counts over all readers; a release counts too. */
  readonly attempt: number;
  /** When the stream stored the message. */
  readonly publishedAt: Date;
  /** The stream's name. */
  readonly stream: string;
  /** The message's number in its stream. */
  readonly sequence: number;
  /** The consumer's name. */
  readonly consumer: string;
  /** How many messages waited for the consumer behind this one. */
  readonly pending: number;
  /** The message of the client beneath. */
  readonly native: Parameters<NativeConnection["publishMessage"]>[0];
}

/** A message of a stream that is read in order. To ack it means nothing; it cannot be retried. */
export interface OrderedDelivery extends JetStreamDelivery {
  /** Where it is, for `seek`. */
  readonly position: { readonly sequence: number };
}
