import type { Awaitable } from "./awaitable.ts";
import type { Message } from "./message.ts";

/** How a delivery ends. */
export type Settlement =
  /** It was handled. */
  | { readonly kind: "ack" }
  /** It comes back; with `afterMs`, not sooner than that many milliseconds. */
  | { readonly kind: "retry"; readonly afterMs?: number }
  /** It never comes back to this subscription. */
  | { readonly kind: "reject"; readonly reason?: string }
  /** Given back unhandled, to a member of the group, or without one to this subscription, unless it has ended: no attempt is counted where {@linkcode Guarantees.releaseCounts} is false. */
  | { readonly kind: "release" };

/** A message on its way to one subscriber. Settled once. */
export interface Delivery {
  /** What was sent. Headers that `headers()` made are said to be a delivery's by {@linkcode deliveredHeaders}. */
  readonly message: Message;
  /** The broker's id of the message, where it has one: what duplicates have in common. */
  readonly id?: string;
  /** What tells this message, for those who share its subscription, from all others: the same each time that it comes to them. A dead letter has it, so that one made twice by a crash is kept once. Absent where nothing comes again after a crash. */
  readonly dedupeId?: string;
  /** Where an answer is wanted, if one is. */
  readonly replyTo?: string;
  /** 1 for the first delivery; `undefined` where the broker does not count. */
  readonly attempt?: number;
  /** When the broker took the message, where it says so: the same at each delivery. */
  readonly publishedAt?: Date;
  /**
   * Ends the delivery.
   *
   * 1. A second settle rejects with `settled`. The claim is taken before any I/O, so two at once cannot both win.
   * 2. A settle that the broker refuses rejects and opens the claim again.
   * 3. After shutdown it rejects with `closed`, settled before or not.
   * 4. Where `delayedRetry` is false a retry with `afterMs` rejects with `unsupported`; where `redelivery` is `none` every retry does.
   * 5. It never throws synchronously, and a pending one rejects when the connection is lost.
   * 6. After its subscription was cancelled or drained, a retry comes back to whoever is left: another member, or who reads the rest of the drain. Where nobody is, it rejects with `refused`; an ack still resolves.
   * 7. After its subscription was disposed it rejects with `refused`: the delivery was given back.
   * 8. Without a group, a release comes back to this subscription, or rejects with `unsupported`.
   *
   * Returns a promise only where there is something to wait for.
   */
  settle(settlement: Settlement): Awaitable<void>;
  /**
   * Says that the work goes on, and starts the deadline anew.
   *
   * Returns false when the broker knows that the delivery is no longer ours. Absent where a delivery has no deadline.
   */
  extend?(): boolean;
}
