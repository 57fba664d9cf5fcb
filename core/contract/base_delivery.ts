import type { BaseSubscription } from "./base_subscription.ts";
import type { Guarantees } from "./guarantees.ts";
import { SettleOnce } from "./settle_once.ts";

/**
 * A delivery of a {@linkcode BaseSubscription}, settled once: `closed` with its connection, and `refused` once the subscription was disposed. What is left to say is what it carries, and how the broker settles it.
 *
 * @example A delivery with nothing to settle
 * ```ts
 * import assert from "node:assert/strict";
 * import { BaseConnection, BaseDelivery, BaseSubscription, type Guarantees, type Publisher } from "@ruststream/core/contract";
 *
 * const guarantees: Guarantees = {
 *   ordering: "address",
 *   redelivery: "none",
 *   delayedRetry: false,
 *   countsAttempts: false,
 *   releaseCounts: false,
 *   persistence: "none",
 *   groups: false,
 *   patterns: false,
 *   headers: true,
 * };
 * class OwnDelivery extends BaseDelivery<OwnSubscription> {
 *   readonly message = { address: "orders", body: new Uint8Array() };
 *   protected carryOut(): void {}
 * }
 * class OwnSubscription extends BaseSubscription<OwnDelivery> {}
 * class OwnConnection extends BaseConnection {
 *   readonly publisher: Publisher = { confirms: "sent", publish: () => {} };
 *   async subscribe(): Promise<OwnSubscription> {
 *     return new OwnSubscription({ connection: this, guarantees });
 *   }
 * }
 *
 * const connection = new OwnConnection();
 * const delivery = new OwnDelivery(await connection.subscribe());
 * await connection.shutdown();
 * await assert.rejects(async () => await delivery.settle({ kind: "ack" }), { code: "closed" });
 * ```
 *
 * @typeParam S Whose delivery it is.
 */
export abstract class BaseDelivery<
  S extends Pick<BaseSubscription, "guarantees" | "closed" | "disposed">,
> extends SettleOnce {
  /** Whose it is. */
  protected readonly from: S;

  /** Makes one that is not settled. */
  constructor(from: S) {
    super();
    this.from = from;
  }

  /** Those of the subscription. */
  protected get guarantees(): Guarantees {
    return this.from.guarantees;
  }

  /** Whether the connection of the subscription is closed. */
  protected isClosed(): boolean {
    return this.from.closed;
  }

  /** Whether the subscription was disposed. */
  protected override lost(): string | undefined {
    return this.from.disposed ? "its subscription was disposed" : undefined;
  }
}
