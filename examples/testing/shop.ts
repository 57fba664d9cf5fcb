/**
 * How does one test a service, under whichever runner? This is the service: it takes orders, and retries while the till does not answer.
 *
 * Its tests are `with_deno.ts`, `with_node.ts` and `with_bun.ts`; the README shows Vitest.
 *
 * @module
 */
import { channel, RustStream, subscribers } from "@ruststream/core";
import { MemoryBroker } from "@ruststream/memory";

/** What the handlers share. */
export interface Shop {
  /** Takes the money, or throws. */
  charge(id: number): Promise<void> | void;
}

const { subscriber } = subscribers<Shop>();

export const orders = channel<{ id: number }>("orders");
export const receipts = channel<{ id: number; paid: true }>("receipts");

export const take = subscriber(
  orders,
  {
    reply: receipts,
    retry: { backoff: { initialMs: 1_000, maxMs: 8_000, jitter: false } },
  },
  async ({ id }, { state }) => {
    await state.charge(id);
    return { id, paid: true as const };
  },
);

export const app = new RustStream({ title: "shop", version: "1.0.0" })
  .withState((): Shop => ({ charge: () => {} }))
  .withBroker(new MemoryBroker(), (b) => b.include(take));
