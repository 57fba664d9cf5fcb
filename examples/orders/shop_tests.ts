/**
 * The tests of the shop, whatever broker it is on: in process on a clock that they move, or live.
 *
 * @module
 */
import { bytes, type RustStream } from "@ruststream/core";
import {
  type TestApp,
  testApp,
  type TestAppOptions,
} from "@ruststream/core/testing";
import { type Test, test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { audit, confirmed, placed, refused } from "./channels.ts";
import { addTakings, countRefusals } from "./keep_books.ts";
import { makeOrders } from "./make_orders.ts";
import { placeOrder } from "./place_order.ts";
import type { Shop } from "./shop.ts";

/** The shop on one broker. */
export interface ShopOn extends AsyncDisposable {
  readonly app: RustStream<Shop>;
  readonly options: TestAppOptions<Shop>;
}

/** Where the shop is tried. */
export interface ShopStage {
  /** What it is on, for the names of the tests. */
  readonly name: string;
  /** Whether it is on a real broker, whose time nobody moves. */
  readonly isLive: boolean;
  /** Opens it, empty. */
  open(): Promise<ShopOn>;
}

/** The shop as it is shipped, on what its broker is in process. */
export function inProcess(app: RustStream<Shop>): ShopOn {
  return {
    app,
    options: {},
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const acme = { params: { shop: "acme" } };
// The same address, for what is no order.
const anything = bytes(placed.address);

function order(id: string, sku = "MUG-RED", quantity = 1) {
  return {
    id,
    placedAt: "2026-03-02T09:00:00Z",
    customer: { name: "Ana Weiß", email: "ana@example.com" },
    currency: "EUR" as const,
    items: [{ sku, quantity, unitPrice: 12.5 }],
  };
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function count(of: readonly unknown[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const one of of) counts[String(one)] = (counts[String(one)] ?? 0) + 1;
  return counts;
}

function tryJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

// A whole day, made by make_orders.ts.
const maxAttempts = 4;
const { text, holds } = makeOrders();
const lines = text.split("\n").filter((line) => line.trim() !== "");
const refusals = holds.unknownProduct + holds.outOfStock + holds.exhausted;
const undecodable = holds.notJson + holds.notAnOrder;
const paid = holds.fine + holds.flaky;
const morning = lines.slice(0, 300);

/** Declares all tests of the shop for one stage. */
export function shopTests(stage: ShopStage): void {
  const declare: Test = (name, body, options) =>
    test(`${stage.name}: ${name}`, body, { timeoutMs: 90_000, ...options });
  const exactly: Test = (name, body) =>
    declare(
      name,
      body,
      stage.isLive
        ? {
          skip: "it is about milliseconds, which a real clock does not count",
        }
        : {},
    );
  const start = async (
    more: TestAppOptions<Shop> = {},
  ): Promise<StartedShop> => {
    const on = await stage.open();
    const t = await testApp(on.app, { ...on.options, ...more });
    return new StartedShop(t, on, stage.isLive);
  };
  ofOneOrder(declare, start);
  ofTime(exactly, start);
  ofRefusals(declare, start);
  ofADay(declare, start);
}

/** The shop under test, and what it is on. */
class StartedShop implements AsyncDisposable {
  readonly t: TestApp<Shop>;
  readonly #on: ShopOn;
  readonly #isLive: boolean;

  constructor(t: TestApp<Shop>, on: ShopOn, isLive: boolean) {
    this.t = t;
    this.#on = on;
    this.#isLive = isLive;
  }

  /** Lets so much time pass; live, until nothing waits any more. */
  async pass(ms: number): Promise<void> {
    const { t } = this;
    if (!this.#isLive) return await t.advance(ms);
    await t.settle();
    while (t.pending.length > 0) await t.advance(50);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.t.stop();
    await this.#on[Symbol.asyncDispose]();
  }
}

type Start = (options?: TestAppOptions<Shop>) => Promise<StartedShop>;

function ofOneOrder(declare: Test, start: Start): void {
  declare("an order is paid, confirmed and told to the audit", async () => {
    await using shop = await start();
    const { t } = shop;

    await t.publish(placed, order("W-1"), acme);
    await shop.pass(2);

    t.subscriber(placeOrder).calledOnce().acked();
    t.subscriber(placeOrder).out("audit").once(
      { what: "charged", order: "W-1", cents: 1_740 },
      { params: { shop: "acme" } },
    );
    t.published(confirmed).once(
      { id: "W-1", email: "ana@example.com", currency: "EUR", cents: 1_740 },
      acme,
    );
  });

  declare(
    "an order that is there already is confirmed again as it was, charged once and counted once",
    async () => {
      await using shop = await start();
      const { t } = shop;

      await t.publish(placed, order("W-1"), acme);
      await shop.pass(10);
      await t.publish(placed, order("W-1"), acme);
      await shop.pass(50);

      const [first, again] = t.published(confirmed).messages;
      assert.deepEqual(again?.payload, first?.payload);
      assert.equal(
        again?.headers.get("confirmed-at"),
        first?.headers.get("confirmed-at"),
      );
      t.published(confirmed).times(2);
      t.published(audit).once();
      assert.equal(t.state.payments.paid, 1);
      assert.deepEqual([...t.state.dayBook.takings], [["EUR", 1_740]]);
    },
  );

  declare(
    "a bank that does not answer is asked again, and the order is charged once",
    async () => {
      await using shop = await start();
      const { t } = shop;

      await t.publish(placed, order("W-7"), acme);
      await shop.pass(52);

      t.subscriber(placeOrder).calledTimes(2).retried(1).acked(1);
      t.published(audit).once();
      assert.equal(t.state.payments.paid, 1);
    },
  );
}

function ofTime(exactly: Test, start: Start): void {
  exactly("a confirmation says when the bank had answered", async () => {
    await using shop = await start();
    const { t } = shop;

    await t.publish(placed, order("W-1"), acme);
    t.subscriber(placeOrder).calledOnce();
    t.published(confirmed).none();
    // The bank takes its time.
    await t.advance(2);

    const [confirmation] = t.published(confirmed).messages;
    assert.equal(
      confirmation?.headers.get("confirmed-at"),
      "1970-01-01T00:00:00.002Z",
    );
  });

  exactly(
    "the takings are added up twenty milliseconds after the first confirmation",
    async () => {
      await using shop = await start();
      const { t } = shop;
      await t.send(placed, order("W-1"), acme);
      await t.send(placed, order("W-2"), acme);

      await t.advance(4);
      t.subscriber(addTakings).notCalled();
      assert.deepEqual(
        t.pending.map(({ why, subscriber, until }) => [why, subscriber, until]),
        [["batch", "add-takings", 22], ["batch", "add-takings", 22]],
      );
      await t.advance(18);

      t.subscriber(addTakings).calledOnce().acked(2);
      assert.deepEqual(
        t.subscriber(addTakings).received.flat().map(({ id }) => id),
        ["W-1", "W-2"],
      );
    },
  );
}

function ofRefusals(declare: Test, start: Start): void {
  declare(
    "an order is refused after four tries, and its items are back on the shelf",
    async () => {
      await using shop = await start();
      const { t } = shop;
      await t.send(placed, order("W-13", "VASE-GOLD", 5), acme);
      await t.send(placed, order("W-14", "VASE-GOLD", 5), acme);
      await t.send(placed, order("W-15", "VASE-GOLD", 1), acme);

      await shop.pass(1_000);

      const { outcomes } = t.subscriber(placeOrder);
      assert.deepEqual(outcomes, [
        ...["retry", "retry", "retry", "dead-letter"],
        "ack",
        "dead-letter",
      ]);
      assert.deepEqual(
        t.published(confirmed).payloads.map(({ id }) => id),
        ["W-14"],
      );
      t.published(refused)
        .times(2)
        .with(encode(JSON.stringify(order("W-13", "VASE-GOLD", 5))), {
          headers: {
            "ruststream-dead-letter-reason": "exhausted",
            "ruststream-dead-letter-attempts": "4",
            "ruststream-dead-letter-error":
              "Error: No answer from the bank for W-13",
          },
        });
      t.subscriber(countRefusals).calledTimes(2);
    },
  );

  declare(
    "what is no order is refused as it came, and nobody is called with it",
    async () => {
      await using shop = await start();
      const { t } = shop;

      await t.publish(anything, encode('{"id":"W-1"'), acme);
      await t.publish(anything, encode("[]"), acme);
      await t.publish(placed, order("W-2", "MUG-GREEN"), acme);

      t.subscriber(placeOrder).calledOnce().deadLettered(3);
      assert.deepEqual(
        t.published(refused).messages.map(({ headers }) =>
          headers.get("ruststream-dead-letter-reason")
        ),
        ["codec", "schema", "rejected"],
      );
      assert.deepEqual([...t.state.dayBook.refusals].sort(), [
        ["codec", 1],
        ["rejected", 1],
        ["schema", 1],
      ]);
    },
  );
}

function ofADay(declare: Test, start: Start): void {
  /** Sends lines as they are, and lets a minute pass. */
  const take = async (
    shop: StartedShop,
    some: readonly string[],
  ): Promise<void> => {
    for (const line of some) await shop.t.send(anything, encode(line), acme);
    await shop.pass(60_000);
  };

  declare(
    "the shop ends each order of a day as the file says it must",
    async () => {
      await using shop = await start();
      await take(shop, lines);
      const { t } = shop;

      assert.deepEqual(count(t.subscriber(placeOrder).outcomes), {
        "ack": paid + holds.duplicate,
        "retry": holds.silences + holds.exhausted * (maxAttempts - 1),
        "dead-letter": undecodable + refusals,
      });
      t.subscriber(addTakings).acked(paid + holds.duplicate);
      t.subscriber(countRefusals).acked(undecodable + refusals);
      assert.deepEqual([...t.state.dayBook.refusals].sort(), [
        ["codec", holds.notJson],
        ["exhausted", holds.exhausted],
        ["rejected", holds.unknownProduct + holds.outOfStock],
        ["schema", holds.notAnOrder],
      ]);
      assert.deepEqual(t.pending, []);
      assert.deepEqual(await t.stop(), {
        settled: lines.length + undecodable + refusals + paid +
          holds.duplicate,
        returned: 0,
        lost: 0,
      });
    },
  );

  declare(
    "the shop confirms an order or refuses it: never both, never neither; and charges once",
    async () => {
      await using shop = await start();
      await take(shop, morning);
      const { t } = shop;

      const confirmedIds = t.published(confirmed).payloads.map(({ id }) => id);
      const charged = t.published(audit).payloads.map(({ order }) => order);
      const refusedBodies = new Set(
        t.published(refused).payloads.map((b) => new TextDecoder().decode(b)),
      );
      const ids = new Set(confirmedIds);
      for (const line of morning) {
        const { id } = (tryJson(line) ?? {}) as { id?: string };
        assert.notEqual(ids.has(id ?? "none"), refusedBodies.has(line), line);
      }
      assert.deepEqual([...charged].sort(), [...ids].sort());
      assert.equal(t.state.payments.paid, ids.size);
    },
  );

  declare(
    "the shop keeps the order of each customer, also over a retry",
    async () => {
      await using shop = await start();
      await take(shop, morning);
      const { t } = shop;

      const { byCustomer } = t.state.ledger;
      for (const [email, orders] of byCustomer) {
        assert.deepEqual(orders, [...orders].sort(), email);
      }
      const longest = Math.max(
        ...[...byCustomer.values()].map((o) => o.length),
      );
      assert.ok(byCustomer.size > 100 && longest > 3, `${longest}`);
    },
  );
}

/** What happens to five orders, line by line: the same each time. */
export async function eventsOf({ app, options }: ShopOn): Promise<string> {
  await using t = await testApp(app, { ...options, seed: 7 });
  for (const id of ["W-1", "W-7", "W-2", "W-13", "W-1"]) {
    await t.send(placed, order(id), acme);
  }
  await t.publish(anything, encode("[]"), acme);
  await t.advance(1_000);
  await t.stop();
  return t.transcript();
}
