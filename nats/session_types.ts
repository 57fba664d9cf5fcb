import type { MessagingError } from "@ruststream/core/contract";

/** What happens to a session. */
export type SessionChange =
  | "connected"
  | "disconnected"
  | "lame-duck"
  | "closed";

/** What the server did not permit. */
export interface Denial {
  readonly operation: "publish" | "subscription";
  readonly subject: string;
  readonly error: MessagingError;
}

/** Options for {@linkcode Session.send}. */
export interface SendOptions {
  /** Headers, as {@linkcode wireHeaders} makes them. By default there are none. */
  readonly headers?: Uint8Array;
  /** Where an answer is wanted. By default nowhere. */
  readonly reply?: string;
}

/** Options for {@linkcode Session.ask}. */
export interface AskOptions {
  /** How long to wait for the reply, in milliseconds. */
  readonly timeoutMs: number;
  /** Headers, as {@linkcode wireHeaders} makes them. By default there are none. */
  readonly headers?: Uint8Array;
  /** Gives up when aborted. By default only the time does. */
  readonly signal?: AbortSignal;
  /**
   * Whether a shutdown waits for the reply, as long as it may take.
   *
   * @default {false}
   */
  readonly outlives?: boolean;
}

/** A subscription of the client. */
export interface RawSubscription {
  /** Takes no more. */
  unsubscribe(): void;
  /** Tells the server to send no more, and goes on taking what is on its way. */
  mute(): void;
}
