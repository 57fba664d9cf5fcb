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
import { catalogue } from "./catalogue.ts";
import { audit, confirmed, placed, refused } from "./channels.ts";
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
const refusedAt = refused.address.replace("{shop}", "acme");

const decoder = new TextDecoder();

/** What was published at an address, once each however often it was. */
function atOnce({ published }: SimulatedRun<Shop>, address: string) {
  const texts = published
    .filter(({ message }) => message.address === address)
    .map(({ message }) => decoder.decode(message.body));
  return [...new Set(texts)].map((text) => JSON.parse(text));
}

function idsAt(run: SimulatedRun<Shop>, address: string): ReadonlySet<string> {
  return new Set(atOnce(run, address).map(({ id }) => id));
}

/** Who has paid is told so, or the order lies among the dead letters; and nobody else is told. */
function paidIsKnown(run: SimulatedRun<Shop>): void {
  const told = idsAt(run, confirmations);
  const refusals = idsAt(run, refusedAt);
  for (const { id } of orders) {
    const isPaid = run.state.payments.hasPaid(id);
    assert.ok(isPaid || !told.has(id), `${id} is told and not paid`);
    assert.ok(
      !isPaid || told.has(id) || refusals.has(id),
      `${id} is paid and forgotten`,
    );
  }
}

/** What was told is in the book, once each. */
function toldIsInTheBook(run: SimulatedRun<Shop>): void {
  const told = atOnce(run, confirmations);
  const cents = told.reduce((sum, one) => sum + one.cents, 0);
  assert.equal(run.state.dayBook.takings.get("EUR") ?? 0, cents);
}

/** What was paid for has left the shelf, and nothing else. */
function shelfIsRight({ state }: SimulatedRun<Shop>): void {
  for (const { sku, pieces } of catalogue) {
    const sold = orders.filter(({ id, items: [item] }) =>
      item?.sku === sku && state.payments.hasPaid(id)
    );
    assert.equal(state.stock.left(sku), pieces - sold.length, sku);
  }
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
    const { payloads } = t.published(confirmed);
    assert.deepEqual(payloads[1], payloads[0]);
    t.published(confirmed).times(2);
    t.published(audit).once();
    assert.equal(t.state.payments.paid, 1);
  });

  test(`${name}: who has paid is told so, though the shop dies before the confirmation is out`, async () => {
    await using t = await testApp(app);

    t.faults.crashBeforePublish({ after: 1 }); // the first is the audit's
    await t.publish(placed, orderOf("MUG-RED", 1), acme);
    await t.advance(10);

    t.subscriber(placeOrder).calledTimes(2);
    t.published(audit).once();
    t.published(confirmed).once();
    assert.equal(t.state.payments.paid, 1);
  });

  test(`${name}: the shop loses no order, and its money, its shelf and its book agree, whatever dies or comes twice`, async () => {
    const report = await simulate(app, {
      runs,
      send: orders.map((order) => (t) => t.send(placed, order, acme)),
      invariant: [
        atLeastOnce,
        paidIsKnown,
        toldIsInTheBook,
        shelfIsRight,
      ],
    });

    assert.equal(report.runs, runs);
  });
}
