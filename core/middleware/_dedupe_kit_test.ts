// What the tests of deduplicate() share; there is no test in it.
import {
  channel,
  type Outcome,
  type Settings,
  subscriber,
} from "@ruststream/core";
import type { Channel } from "@ruststream/core/contract";
import {
  type ClaimAnswer,
  deduplicate,
  type DeduplicateOptions,
  type DeduplicationClaim,
  type DeduplicationStore,
  MemoryDeduplicationStore,
} from "@ruststream/core/middleware";
import { atOnce, Kit, type Order } from "./_kit_test.ts";

export const orders: Channel<"", Order, Order, unknown> = channel<Order>(
  "orders",
);
export const named = (id: string): Record<string, string> => ({
  "message-id": id,
});

/** A store that writes down what it is asked, and does otherwise where it is told to. */
export class Noted implements DeduplicationStore {
  readonly asked: string[] = [];
  readonly inner: MemoryDeduplicationStore = new MemoryDeduplicationStore();
  instead: Partial<Record<keyof DeduplicationStore, () => unknown>> = {};

  claim(claim: DeduplicationClaim): ClaimAnswer {
    return this.#do("claim", claim) as ClaimAnswer;
  }
  done(claim: DeduplicationClaim): void {
    return this.#do("done", claim) as undefined;
  }
  forget(claim: DeduplicationClaim): void {
    return this.#do("forget", claim) as undefined;
  }

  #do(what: keyof DeduplicationStore, claim: DeduplicationClaim): unknown {
    this.asked.push(`${claim.at}: ${what} ${claim.id}`);
    return this.instead[what]?.() ?? this.inner[what](claim);
  }
}

/** A service that handles each message once, and what it did. */
export class Shop {
  readonly kit: Kit = new Kit();
  readonly store: Noted = new Noted();
  readonly seen: number[] = [];
  handle: (order: Order, signal: AbortSignal) => unknown = () => {};

  async start(
    options: Partial<DeduplicateOptions> = {},
    settings: Settings = {},
  ): Promise<void> {
    const handle = subscriber(
      orders,
      { concurrency: 4, retry: atOnce, ...settings },
      (order, ctx) => {
        this.seen.push(order.id);
        return this.handle(order, ctx.signal) as Outcome;
      },
    );
    await this.kit.start(handle, [
      deduplicate({ store: this.store, ...options }),
    ]);
  }
}
