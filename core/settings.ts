import type {
  AddressOf,
  AddressParameters,
  AnyChannel,
  PayloadOf,
} from "./contract/channel.ts";
import type { AsyncCodec, Codec } from "./contract/codec.ts";

/** How long to wait before a retry. */
export interface Backoff {
  /** Before the second attempt, in milliseconds. */
  readonly initialMs: number;
  /** The longest wait, in milliseconds. */
  readonly maxMs: number;
  /**
   * What each wait is of the one before.
   *
   * @default {2}
   */
  readonly factor?: number;
  /**
   * Whether a wait is a random part of its length, so that retries do not come in step.
   *
   * @default {true}
   */
  readonly jitter?: boolean;
}

/** Options for retries; the same words on every broker. */
export interface RetryOptions {
  /**
   * Runs of one delivery in all, the first included.
   *
   * @default {Infinity}
   */
  readonly maxAttempts?: number;
  /**
   * `keep`: the key, or without `orderBy` the whole subscription, waits for the retry. `yield`: later messages may overtake.
   *
   * @default {"keep" with `orderBy`, else "yield"}
   */
  readonly order?: "keep" | "yield";
  /**
   * How long to wait before each retry that names no time of its own.
   *
   * @default {{ initialMs: 100, maxMs: 30_000, factor: 2, jitter: true }}
   */
  readonly backoff?: Backoff;
  /** Whether a retry can help; false rejects at once with the error as the reason. By default it always can. */
  readonly retryable?: (error: unknown) => boolean;
}

/** Where a message goes that cannot be handled, with more to say than its channel. */
export interface DeadLetterOptions {
  /** The channel; it carries bodies as they came, so it is one of {@linkcode bytes}. */
  readonly channel: AnyChannel;
  /**
   * Whether a publisher that does not confirm `stored` will do.
   *
   * @default {false}
   */
  readonly unconfirmed?: boolean;
}

/** What an ordering key may be made of beside the payload. */
export interface OrderContext<Ch extends AnyChannel> {
  /** The parameters of the delivery's address. */
  readonly params: AddressParameters<AddressOf<Ch>>;
}

/**
 * Settings of a subscriber: the same words at the mount, the subscriber, a router, a broker scope and the application.
 *
 * For each of them the nearest one wins, in that order. Of `retry` each field is taken by itself.
 */
export interface Settings<Ch extends AnyChannel = AnyChannel> {
  /** Shares the deliveries with the other members of the group. By default each subscription gets each message. */
  readonly group?: string;
  /**
   * Says that each replica is meant to get each message, which silences the warning about a missing group.
   *
   * @default {false}
   */
  readonly fanOut?: boolean;
  /**
   * Deliveries (or batches) handled at once.
   *
   * @default {1}
   */
  readonly concurrency?: number;
  /** One at a time per key, in order; keys side by side. By default there are no keys. */
  readonly orderBy?: (
    payload: PayloadOf<Ch>,
    ctx: OrderContext<Ch>,
  ) => string;
  /** When a failed delivery comes again. By default it comes without end, each time later. */
  readonly retry?: RetryOptions;
  /** Where a delivery goes that cannot be handled. Without one it is rejected, with an error-level notice. */
  readonly deadLetter?: AnyChannel | DeadLetterOptions;
  /**
   * What becomes of a delivery that does not decode or does not match its schema.
   *
   * @default {"dead-letter" where a dead letter is declared, else "reject"}
   */
  readonly undecodable?: "dead-letter" | "reject" | "retry" | "stop";
  /**
   * What becomes of a delivery that was rejected, or failed as often as allowed.
   *
   * @default {"dead-letter" where a dead letter is declared, else "reject"}
   */
  readonly onExhausted?: "dead-letter" | "reject" | "stop";
  /**
   * What becomes of a delivery that no subscriber's `when` takes.
   *
   * @default {"dead-letter" where a dead letter is declared, else "reject"}
   */
  readonly onUnmatched?: "dead-letter" | "reject" | "ack";
  /** How long a handler may run before `ctx.signal` aborts, in milliseconds. Without one it may run for ever. */
  readonly timeoutMs?: number;
  /**
   * How long a handler that ignores its timeout keeps its slot, in milliseconds.
   *
   * @default {10_000}
   */
  readonly abandonMs?: number;
  /**
   * Deliveries held for a retry, those waiting behind them included.
   *
   * @default {1_000}
   */
  readonly maxHeld?: number;
  /**
   * How long the deadline of one delivery is extended from its first run on, planned delays apart, in milliseconds.
   *
   * @default {1_800_000}
   */
  readonly maxHoldMs?: number;
  /** The largest body to decode; a larger one is undecodable. Without it the broker's limit is the only one. */
  readonly maxBodyBytes?: number;
  /** The oldest message to decode, in milliseconds since it was published; an older one is undecodable. Without it age does not matter. */
  readonly maxAgeMs?: number;
  /** Payload to bytes and back. Without one the channel's, else JSON. */
  readonly codec?: Codec | AsyncCodec;
  /**
   * Whether what is published has a header `message-id`, by which a repetition is known: where the broker carries headers, and nobody has written that header.
   *
   * @default {true}
   */
  readonly messageIds?: boolean;
}
