import type { Ensure } from "./stream_options.ts";

/** Where a new consumer begins: all, only what comes, the last, the last of each subject, a sequence, or a time. */
export type Deliver =
  | "all"
  | "new"
  | "last"
  | "last-per-subject"
  | { readonly sequence: number }
  | { readonly time: Date };

/** Who of several clients of a consumer is served. Needs a server of 2.11. */
export interface ConsumerPriority {
  /** Whether clients take over when others lag, or one is served alone, or by their priority (2.12). */
  readonly policy: "overflow" | "pinned_client" | "prioritized";
  /** The group's name. */
  readonly group: string;
  /** How long a pinned client may be silent, in milliseconds. By default the server's. */
  readonly timeoutMs?: number;
  /** With "overflow": this client is served where so many wait, or more. By default always. */
  readonly minPending?: number;
  /** With "overflow": this client is served where so many are unsettled, or more. By default always. */
  readonly minAckPending?: number;
  /**
   * With "prioritized": the place of this client, 0 the first and 9 the last.
   *
   * @default {0}
   */
  readonly place?: number;
}

/**
 * A consumer, declared: what the server knows of it, in our words and units. What is left out is the server's to choose, and is not compared.
 *
 * Nothing is acked for others: each delivery is settled by itself.
 */
export interface ConsumerOptions {
  /** The name that it is kept under, and that all its readers share. By default the group of the subscription, with its subject; without that an ephemeral consumer of this subscription alone. */
  readonly durable?: string;
  /**
   * What brings it into being. An ephemeral one is always created.
   *
   * @default {"create"}
   */
  readonly ensure?: Ensure;
  /**
   * Who makes it again when it vanishes: we do, or somebody else, and then the subscription is lost.
   *
   * @default {"ours", with `ensure` of "check" or "never" "theirs"}
   */
  readonly ownership?: "ours" | "theirs";
  /** For people. By default nothing. */
  readonly description?: string;
  /** The subjects to read instead of the channel's; several need a server of 2.10. They should be among those the channel's address matches. By default the channel's. */
  readonly filters?: readonly string[];
  /**
   * Where a new consumer begins.
   *
   * @default {"all" with a durable name, else "new"}
   */
  readonly deliver?: Deliver;
  /**
   * How long the server waits for a settlement, in milliseconds.
   *
   * @default {30_000}
   */
  readonly ackWaitMs?: number;
  /**
   * The most deliveries that may be unsettled, over all readers.
   *
   * @default {1_000}
   */
  readonly maxAckPending?: number;
  /** The server's own cap of attempts: after it a message stays where it is, unhandled, and an event tells. By default there is none. */
  readonly maxDeliver?: number;
  /** How long the server waits for each next settlement, in milliseconds; `maxDeliver` must be greater than their number. By default always `ackWaitMs`. */
  readonly backoff?: readonly number[];
  /** How long it may be unused before the server removes it, in milliseconds. By default a durable is kept, an ephemeral one 30 s. */
  readonly inactiveThresholdMs?: number;
  /**
   * How fast old messages come: at once, or as they were published.
   *
   * @default {"instant"}
   */
  readonly replay?: "instant" | "original";
  /** Of how many acks in a hundred the server tells. By default of none. */
  readonly samplePercent?: number;
  /** The most requests that may wait. By default 512. */
  readonly maxWaiting?: number;
  /**
   * Whether bodies stay on the server.
   *
   * @default {false}
   */
  readonly headersOnly?: boolean;
  /** The most messages of one request. By default without end. */
  readonly maxBatch?: number;
  /** The longest that a request may wait, in milliseconds. By default without end. */
  readonly maxExpiresMs?: number;
  /** The most bytes of one request. By default without end. */
  readonly maxBytes?: number;
  /** How many copies of its state a cluster keeps. By default as many as of the stream. */
  readonly replicas?: number;
  /**
   * Whether its state is not written to disk.
   *
   * @default {false}
   */
  readonly memoryStorage?: boolean;
  /** Names and values for people and tools. Needs a server of 2.10. By default none. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Serves nobody before this time. Needs a server of 2.11. By default it serves at once. */
  readonly pauseUntil?: Date;
  /** Who of several clients is served. Needs a server of 2.11. By default all are. */
  readonly priority?: ConsumerPriority;
}
