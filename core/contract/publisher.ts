import type { Awaitable } from "./awaitable.ts";
import type { Message } from "./message.ts";

/**
 * Sends messages. `O`: the broker's own options of one message. `R`: what it answers.
 *
 * 1. Messages of one publisher arrive in order, at least where `ordering` is `publisher`.
 * 2. While disconnected a publish waits, bounded, or rejects; it is never dropped in silence.
 * 3. After shutdown it rejects with `closed`. It never throws synchronously.
 * 4. A body that is larger than the broker takes rejects with `too-large`, and does not arrive.
 */
export interface Publisher<O = unknown, R = unknown> {
  /** What a resolved publish means: handed to the socket, taken by the server, or stored by it. */
  readonly confirms: "sent" | "received" | "stored";
  /** Sends one message. An abort rejects with the signal's reason; the message may still have gone out. */
  publish(
    message: Message,
    options?: O & { readonly signal?: AbortSignal },
  ): Awaitable<R>;
}

/** Options for {@linkcode Requests.request}. */
export interface RequestOptions {
  /** How long to wait for the reply, in milliseconds. */
  readonly timeoutMs: number;
  /** Gives up when aborted. By default only the time does. */
  readonly signal?: AbortSignal;
}

/** Capability: one reply to one message. */
export interface Requests {
  /**
   * Sends a message and waits for its reply.
   *
   * Rejects with `no-responder` at once where the broker knows that nobody listens, else with `timeout`; with `connection` or `closed` when the connection ends. A late reply answers nobody.
   */
  request(message: Message, options: RequestOptions): Promise<Message>;
}

/** Options for {@linkcode RequestsMany.requestMany}. */
export interface RequestManyOptions extends RequestOptions {
  /** How long to collect replies, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends after so many replies. By default their number does not matter. */
  readonly maxReplies?: number;
  /** Ends when so many milliseconds have passed since the latest reply. By default only {@linkcode timeoutMs} ends the wait. */
  readonly stallMs?: number;
}

/** Capability: all replies to one message. */
export interface RequestsMany {
  /**
   * Sends a message, at once, and gives its replies as they come.
   *
   * The stream closes after `maxReplies`, after a stall, or when the time is over and a reply came. It errors with `no-responder` at once where the broker knows that nobody listens, with `timeout` when the time is over and none came, with `connection` or `closed` when the connection ends, and with the signal's reason. Cancelling it ends the wait. It never throws synchronously.
   */
  requestMany(
    message: Message,
    options: RequestManyOptions,
  ): ReadableStream<Message>;
}

/** Capability: several messages, or none. */
export interface Transacts {
  /** Opens a transaction. */
  begin(options?: { readonly signal?: AbortSignal }): Promise<Transaction>;
}

/** Messages that become visible together, in order. Left without {@linkcode Transaction.commit}, it publishes nothing. */
export interface Transaction extends Publisher, AsyncDisposable {
  /**
   * Makes the messages visible, all or none. Used after its end it rejects with `closed`.
   *
   * A commit whose answer was lost rejects with `timeout`, not retryable. An abort rejects with the signal's reason; the messages may still become visible.
   */
  commit(options?: { readonly signal?: AbortSignal }): Promise<void>;
}

/** Capability: a message for later. */
export interface Schedules {
  /**
   * Publishes a message at a time; now, if that is past.
   *
   * Resolves once the message is kept. An abort before that rejects with the signal's reason, and the message may still be published; one after it takes nothing back.
   */
  schedule(
    message: Message,
    at: Date,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;
}
