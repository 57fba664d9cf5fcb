/**
 * What a broker promises of its deliveries. Silence is no promise: every field is required but the last.
 *
 * A guarantee is the truth or less. Those of a broker and of a source are the least; an open subscription may promise more.
 */
export interface Guarantees {
  /** Which messages arrive in the order published: those of one publisher, of one address, of one key, or none. A retry may be overtaken in any case. */
  readonly ordering: "none" | "publisher" | "address" | "key";
  /** Whether a delivery comes back: never, when a retry asks for it, or until it was acked or rejected. */
  readonly redelivery: "none" | "on-retry" | "until-settled";
  /** Whether a retry can ask for a delay. */
  readonly delayedRetry: boolean;
  /** Whether {@linkcode Delivery.attempt} is there and true. */
  readonly countsAttempts: boolean;
  /** Whether a release counts as an attempt. */
  readonly releaseCounts: boolean;
  /** How long messages are kept: not at all, while the broker is open, or across restarts. */
  readonly persistence: "none" | "while-open" | "durable";
  /** Whether subscriptions of one group share the deliveries. */
  readonly groups: boolean;
  /** Whether one subscription can read many addresses. */
  readonly patterns: boolean;
  /** Whether headers travel with a message. */
  readonly headers: boolean;
  /** How long the broker waits for a settlement before it delivers again, in milliseconds. Absent where it waits without end. */
  readonly settleDeadlineMs?: number;
}
