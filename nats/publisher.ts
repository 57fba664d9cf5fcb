import type {
  Message,
  Publisher,
  RequestManyOptions,
  RequestOptions,
  Requests,
  RequestsMany,
} from "@ruststream/core/contract";

/** Options of one message that goes out by core NATS. */
export interface NatsPublishOptions {
  /** Where an answer is wanted. By default nowhere. */
  readonly replyTo?: string;
}

/**
 * Sends messages by core NATS to whoever is subscribed at that moment.
 *
 * A publish that is only to be sent returns nothing, and no promise, while the socket has room; what is published in one turn of the event loop
 * leaves together. While there is no connection or no room it waits, in order, and rejects with `timeout` after `publishTimeoutMs` and with
 * `overloaded` where `maxWaitingBytes` wait already.
 */
export interface NatsPublisher
  extends Publisher<NatsPublishOptions, void>, Requests, RequestsMany {
  /** A resolved publish was handed to the socket, or was taken by the server. */
  readonly confirms: "sent" | "received";
  /** Asks whoever is subscribed. A request that is open when the connection is lost rejects with `connection`. */
  request(message: Message, options: RequestOptions): Promise<Message>;
  /** Asks all who are subscribed. */
  requestMany(
    message: Message,
    options: RequestManyOptions,
  ): ReadableStream<Message>;
}
