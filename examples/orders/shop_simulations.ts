/**
 * What the shop promises whatever goes wrong, tried on a broker in process.
 *
 * @module
 */
import type { RustStream } from "@ruststream/core";
import {
  atLeastOnce,
  simulate,
  type SimulatedRun,
  testApp,
} from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { confirmed, placed } from "./channels.ts";
import { placeOrder } from "./place_order.ts";
import type { Shop } from "./shop.ts";

const acme = { params: { shop: "acme" } };
const orderOf = (sku: string, number: number) => ({
  id: `W-${number}`,
  placedAt: "2026-03-02T09:00:00Z",
  customer: { name: "Ana Weiß", email: "ana@example.com" },
  currency: "EUR" as const,
  items: [{ sku, quantity: 1, unitPrice: 12.5 }],
});
const orders = ["MUG-RED", "VASE-GOLD", "MUG-GREEN"].map(orderOf);
const confirmations = confirmed.address.replace("{shop}", "acme");

/** Whoever has paid is told so, and nobody else. */
function paidIsConfirmed({ state, published }: SimulatedRun<Shop>): void {
  const told = published
    .filter(({ message }) => message.address === confirmations)
    .map(({ message }) => new TextDecoder().decode(message.body));
  assert.equal(new Set(told).size, state.payments.paid);
}

/** Declares the tests for the shop on one broker. */
export function simulationTests(
  name: string,
  app: RustStream<Shop>,
  runs: number,
): void {
  test(`${name}: an order is charged once, though the shop dies before it says that it is done`, async () => {
    await using t = await testApp(app);

    t.faults.crashBeforeSettle();
    await t.publish(placed, orderOf("MUG-RED", 1), acme);
    await t.advance(10);

    t.subscriber(placeOrder).calledTimes(2);
    t.published(confirmed).once();
    assert.equal(t.state.payments.paid, 1);
  });

  test(`${name}: the shop loses no order, and confirms what was paid, whatever dies or comes twice`, async () => {
    const report = await simulate(app, {
      runs,
      // The ledger is in memory: a shop that dies before it confirms would know of no order either.
      faults: [
        "loseAck",
        "deliverTwice",
        "reorder",
        "crash",
        "crashBeforeSettle",
      ],
      send: orders.map((order) => (t) => t.send(placed, order, acme)),
      invariant: [atLeastOnce, paidIsConfirmed],
    });

    assert.equal(report.runs, runs);
  });
}
