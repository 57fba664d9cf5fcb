import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import * as z from "zod";
import { runDay, type Sent } from "./_kit_test.ts";
import { makeOrders } from "./make_orders.ts";

const maxAttempts = 4;
const { text, holds } = makeOrders();
const lines = text.split("\n").filter((line) => line.trim() !== "");
const refusals = holds.unknownProduct + holds.outOfStock + holds.exhausted;
const undecodable = holds.notJson + holds.notAnOrder;
const paid = holds.fine + holds.flaky;

const hasId = z.object({ id: z.string() });
const hasOrder = z.object({ order: z.string(), cents: z.number() });

function ids(messages: readonly Sent[]): readonly string[] {
  return messages.map(({ text }) => hasId.parse(JSON.parse(text)).id);
}

function idOf(line: string): string {
  return hasId.safeParse(tryJson(line)).data?.id ?? "none";
}

function order(
  id: string,
  email: string,
  sku = "MUG-RED",
  quantity = 1,
): string {
  return JSON.stringify({
    id,
    placedAt: "2026-03-02T09:00:00Z",
    customer: { name: "Ana Weiß", email },
    currency: "EUR",
    items: [{ sku, quantity, unitPrice: 12.5 }],
  });
}

function tryJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

test("makeOrders() makes the file that is there", async () => {
  const there = await readFile(
    new URL("orders.ndjson", import.meta.url),
    "utf8",
  );
  assert.equal(there, text);
});

test("makeOrders() counts each line once, and has some of every kind", () => {
  const { lines: all, silences, ...kinds } = holds;
  const counts = Object.values(kinds);
  assert.equal(counts.reduce((sum, count) => sum + count, 0), all);
  assert.ok(counts.every((count) => count > 0), JSON.stringify(kinds));
  assert.ok(silences > holds.flaky && holds.fine > 1_000);
  const parsed = text.split("\n").slice(0, -1).map(tryJson);
  const broken = parsed.filter((value) => value === undefined);
  assert.equal(broken.length, holds.notJson + holds.blank);
});

test("the shop ends each order as the file says it must", async () => {
  const { counts, report, shop } = await runDay(lines);

  assert.deepEqual(counts, {
    "place-order: ack": paid + holds.duplicate,
    "place-order: dead-letter": undecodable + refusals,
    "place-order: failed": holds.silences + holds.exhausted * maxAttempts,
    "place-order: held": holds.silences + holds.exhausted * (maxAttempts - 1),
    "count-refusals: ack": undecodable + refusals,
    "add-takings: ack": paid,
  });
  assert.deepEqual(report, {
    settled: lines.length + undecodable + refusals + paid,
    returned: 0,
    lost: 0,
  });
  assert.deepEqual([...shop.dayBook.refusals].sort(), [
    ["codec", holds.notJson],
    ["exhausted", holds.exhausted],
    ["rejected", holds.unknownProduct + holds.outOfStock],
    ["schema", holds.notAnOrder],
  ]);
});

test("the shop confirms an order or refuses it: never both, never neither", async () => {
  const { confirmed, refused } = await runDay(lines);

  const confirmedIds = new Set(ids(confirmed));
  const refusedBodies = new Set(refused.map(({ text }) => text));
  for (const line of lines) {
    const isConfirmed = confirmedIds.has(idOf(line));
    assert.notEqual(isConfirmed, refusedBodies.has(line), line);
  }
  assert.equal(confirmed.length, confirmedIds.size);
  assert.equal(
    confirmed.length + refused.length,
    lines.length - holds.duplicate,
  );
  assert.ok(
    confirmed.every(({ address }) => address === "orders.acme.confirmed"),
  );
  assert.ok(refused.every(({ address }) => address === "orders.acme.refused"));
});

test("the shop says why it refuses", async () => {
  const { refused } = await runDay([
    '{"id":"W-1"',
    "[]",
    order("W-2", "ana@example.com", "MUG-GREEN"),
    order("W-13", "ana@example.com"),
  ]);

  assert.deepEqual(
    refused.map(({ header }) => [
      header("ruststream-dead-letter-reason"),
      header("ruststream-dead-letter-attempts"),
      header("ruststream-dead-letter-subscriber"),
    ]).sort(),
    [
      ["codec", "0", "place-order"],
      ["exhausted", "4", "place-order"],
      ["rejected", "1", "place-order"],
      ["schema", "0", "place-order"],
    ],
  );
  const errors = refused.map(({ header }) =>
    header("ruststream-dead-letter-error")
  );
  assert.ok(errors.includes("unknown product MUG-GREEN"), errors.join());
  assert.ok(
    errors.includes("Error: No answer from the bank for W-13"),
    errors.join(),
  );
});

test("the shop charges once, however often an order comes", async () => {
  const { audit, confirmed, shop } = await runDay(lines);

  const charged = audit.map(({ text }) =>
    hasOrder.parse(JSON.parse(text)).order
  );
  assert.equal(charged.length, paid);
  assert.deepEqual([...charged].sort(), [...ids(confirmed)].sort());
  assert.equal(new Set(charged).size, paid);
  assert.equal(shop.payments.paid, paid);
});

test("the shop keeps the order of each customer, also over a retry", async () => {
  const { shop } = await runDay(lines);

  const { byCustomer } = shop.ledger;
  for (const [email, orders] of byCustomer) {
    assert.deepEqual(orders, [...orders].sort(), email);
  }
  const longest = Math.max(...[...byCustomer.values()].map((o) => o.length));
  assert.ok(byCustomer.size > 150 && longest > 8, `${longest}`);
});

test("the shop puts back on the shelf what was not paid", async () => {
  const { confirmed, refused } = await runDay([
    order("W-13", "ana@example.com", "VASE-GOLD", 5),
    order("W-14", "ana@example.com", "VASE-GOLD", 5),
    order("W-15", "ana@example.com", "VASE-GOLD", 1),
  ]);

  assert.deepEqual(ids(confirmed), ["W-14"]);
  assert.deepEqual(ids(refused), ["W-13", "W-15"]);
});
