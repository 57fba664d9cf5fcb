import type { Guarantees } from "@ruststream/core/contract";

/** What a connection, its publisher or its subscriptions can do beyond what all can: found as methods. */
export type Capability =
  | "backlog"
  | "batches"
  | "kept"
  | "pause"
  | "requests"
  | "requestMany"
  | "transactions"
  | "schedules"
  | "seek";

/** What an author gave the bench, without which some promises cannot be tried. */
export type BenchAbility =
  | "restart"
  | "cut"
  | "mend"
  | "loseCommit"
  | "secret"
  | "maxBodyBytes"
  | "maxWaiting"
  | "maxTransaction"
  | "maxUnread"
  | "forget"
  | "log"
  | "heap";

/** What a broker claims: what it declares, and what it has methods for. */
export interface Claims {
  /** The least of the broker. */
  readonly broker: Guarantees;
  /** Those of an open subscription without a group. */
  readonly alone: Guarantees;
  /** Those of an open member of a group. Absent where there are no groups. */
  readonly member?: Guarantees;
  /** What a resolved publish means. */
  readonly confirms: "sent" | "received" | "stored";
  /** Methods that are there. */
  readonly can: ReadonlySet<Capability>;
  /** What the bench can do. */
  readonly bench: ReadonlySet<BenchAbility>;
}

/** Says why a promise is not claimed; undefined where it is. */
export type Gate = (claims: Claims) => string | undefined;
