import { type Awaitable, isPromiseLike } from "./awaitable.ts";
import type { Delivery, Settlement } from "./delivery.ts";
import { type ErrorCode, MessagingError } from "./errors.ts";
import type { Guarantees } from "./guarantees.ts";
import type { Message } from "./message.ts";
import { printAs, printedDelivery } from "./print_as.ts";

/**
 * A delivery that is settled once: all of a settle but how the broker does it.
 *
 * 1. A settle is refused, in this order: with `closed` after shutdown, with `settled` after another settle, with `refused` where the delivery is lost.
 * 2. Then with a TypeError where its kind is none, with a RangeError where `afterMs` is not a finite number of at least 0, with `unsupported` where the guarantees do not promise that retry.
 * 3. Else the claim is taken, before anything else runs, and {@linkcode SettleOnce.carryOut} is called. What that throws or rejects with is the answer, and the claim is open again.
 * 4. Nothing is thrown synchronously, and no promise is made where `carryOut` makes none.
 *
 * @example A delivery that is settled in this process
 * ```ts
 * import assert from "node:assert/strict";
 * import { type Settlement, SettleOnce } from "@ruststream/core/contract";
 *
 * const settled: Settlement[] = [];
 * class OwnDelivery extends SettleOnce {
 *   readonly message = { address: "orders", body: new Uint8Array() };
 *   protected readonly guarantees = { redelivery: "none", delayedRetry: false } as const;
 *   protected isClosed(): boolean {
 *     return false;
 *   }
 *   protected carryOut(settlement: Settlement): void {
 *     settled.push(settlement);
 *   }
 * }
 *
 * const delivery = new OwnDelivery();
 * await assert.rejects(async () => await delivery.settle({ kind: "retry" }), { code: "unsupported" });
 * await delivery.settle({ kind: "ack" });
 * await assert.rejects(async () => await delivery.settle({ kind: "ack" }), { code: "settled" });
 * assert.deepEqual(settled, [{ kind: "ack" }]);
 * ```
 */
export abstract class SettleOnce implements Delivery {
  /** What was sent. */
  abstract readonly message: Message;
  /** What its subscription promises of retries. */
  protected abstract readonly guarantees: Pick<
    Guarantees,
    "redelivery" | "delayedRetry"
  >;
  #settled = false;

  /** Ends the delivery, as the contract has it. */
  settle(settlement: Settlement): Awaitable<void> {
    try {
      this.#check(settlement);
    } catch (refusal) {
      return Promise.reject(refusal);
    }
    this.#settled = true;
    try {
      const done = this.carryOut(settlement);
      return isPromiseLike<void>(done) ? this.#confirm(done) : undefined;
    } catch (cause) {
      this.#settled = false;
      return Promise.reject(cause);
    }
  }

  /** Whether the connection was shut down. */
  protected abstract isClosed(): boolean;

  /** Does what the settlement says. Returns a promise only where there is something to wait for. */
  protected abstract carryOut(settlement: Settlement): Awaitable<void>;

  /** Why the delivery is no longer its reader's, in words; undefined as long as it is, which is always by default. */
  protected lost(): string | undefined {
    return undefined;
  }

  async #confirm(done: PromiseLike<void>): Promise<void> {
    try {
      await done;
    } catch (cause) {
      this.#settled = false;
      throw cause;
    }
  }

  #check(settlement: Settlement): void {
    if (this.isClosed()) this.refuse("closed", "the connection is closed");
    if (this.#settled) this.refuse("settled", "it was settled before");
    const lost = this.lost();
    if (lost !== undefined) this.refuse("refused", lost);
    switch (settlement?.kind) {
      case "ack":
      case "reject":
      case "release":
        return;
      case "retry":
        return this.#checkRetry(settlement.afterMs);
      default:
        throw new TypeError(
          `Cannot settle ${this.#name()}: expected the kind ack, retry, reject or release, found ${
            JSON.stringify((settlement as Settlement | undefined)?.kind)
          }`,
        );
    }
  }

  #checkRetry(afterMs: number | undefined): void {
    if (afterMs !== undefined && !(Number.isFinite(afterMs) && afterMs >= 0)) {
      throw new RangeError(
        `Cannot settle ${this.#name()}: expected afterMs to be a finite number of at least 0, found ${afterMs}`,
      );
    }
    const { redelivery, delayedRetry } = this.guarantees;
    if (redelivery === "none") {
      this.refuse("unsupported", "its subscription delivers nothing again");
    }
    if (afterMs !== undefined && !delayedRetry) {
      this.refuse("unsupported", "its subscription cannot delay a retry");
    }
  }

  /** Throws: the settle is refused, for what was found. For `carryOut`. */
  protected refuse(
    code: ErrorCode,
    found: string,
  ): never {
    throw new MessagingError(code, `Cannot settle ${this.#name()}: ${found}`);
  }

  #name(): string {
    // Not declared above: some brokers have it as a field, some as a getter, and some have none.
    const { id, message: { address } }: Delivery = this;
    return `delivery${id === undefined ? "" : ` ${id}`} of "${address}"`;
  }
}

printAs(SettleOnce, printedDelivery);
