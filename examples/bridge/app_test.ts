import { bytes, on, RustStream, subscriber } from "@ruststream/core";
import type { Middleware, StopReport } from "@ruststream/core";
import { type Message, MessagingError } from "@ruststream/core/contract";
import { faulty, testApp } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { runExample } from "../run_example.ts";
import { app, ship, tell } from "./app.ts";
import { events, placed, shipped } from "./channels.ts";
import { fromShop, fromWarehouse, mark } from "./forward.ts";

const atShop = { broker: "shop" };
const atWarehouse = { broker: "warehouse" };
const ids = Array.from({ length: 200 }, (_, index) => index + 1);

/** Each handler takes ten milliseconds, so that a stop finds work in hand. */
const slow: Middleware = (next) => async (ctx) => {
  await ctx.clock.sleep(10);
  return await next(ctx);
};

/** Fresh brokers, that outlive the application under test. */
function makeBrokers() {
  return {
    shop: new MemoryBroker({ name: "shop" }),
    warehouse: new MemoryBroker({ name: "warehouse" }),
  };
}

function sorted(numbers: Iterable<number>): readonly number[] {
  return [...numbers].sort((one, other) => one - other);
}

test("an order crosses to the warehouse, and the news of it crosses back", async () => {
  await using t = await testApp(app);

  await t.publish(placed, { id: 7 }, atShop);

  t.subscriber(ship).calledOnceWith({ id: 7 }).acked();
  t.subscriber(tell).calledOnceWith({ id: 7 }).acked();
});

test("what has crossed does not go back", async () => {
  await using t = await testApp(app);

  await t.publish(placed, { id: 1 }, atShop);
  await t.publish(shipped, { id: 2 }, atWarehouse);

  // The order, and the news of both.
  t.subscriber(fromShop).calledTimes(3).out("there").once(
    new TextEncoder().encode('{"id":1}'),
    { params: { name: "order.placed" }, headers: { [mark]: "shop" } },
  );
  // The order that came over, which goes nowhere, and the news of both.
  t.subscriber(fromWarehouse).calledTimes(3).out("there").times(2);
  assert.deepEqual(t.pending, []);
});

test("what crosses keeps its address, its body, its headers and its key", async () => {
  const strange = bytes("events.a.b.c");
  const body = new Uint8Array([0, 255, 10]);
  await using t = await testApp(app);

  await t.publish(strange, body, {
    ...atWarehouse,
    headers: { "X-Trace": "1", tag: ["a", "b"], "content-type": "image/x" },
    key: "k",
  });

  const [crossed] = t.subscriber(fromShop).attempts;
  assert.equal(crossed?.address, "events.a.b.c");
  assert.deepEqual(crossed?.body, body);
  assert.equal(crossed?.key, "k");
  const [sent] = t.published(strange).messages;
  const id = sent?.headers.get("message-id") ?? "";
  assert.notEqual(id, "");
  assert.deepEqual([...crossed?.headers ?? []].sort(), [
    ["X-Trace", "1"],
    [mark, "warehouse"],
    ["content-type", "image/x"],
    ["message-id", id],
    ["tag", "a"],
    ["tag", "b"],
  ]);
});

test("what the other side does not take crosses later, and nothing overtakes it", async () => {
  let refusals = 3;
  const warehouse = faulty(makeBrokers().warehouse, {
    breaks: "The first publishes fail.",
    publisher: (publisher) => ({
      publish: (message: Message, options: object) =>
        refusals-- > 0
          ? Promise.reject(new MessagingError("connection", "Cannot: away"))
          : publisher.publish(message, options),
    }),
  });
  await using t = await testApp(app, { brokers: { warehouse } });

  for (const id of [1, 2, 3]) await t.send(placed, { id }, atShop);
  await t.advance(60_000);

  t.subscriber(fromShop).retried(3);
  assert.deepEqual(
    t.subscriber(tell).received.map(({ id }) => id),
    [1, 2, 3],
  );
});

test("a stop in the middle gives back what has not crossed, and the next start carries it", async () => {
  const brokers = makeBrokers();
  const news = ids.map((id) => id + ids.length);
  const shippedIds: number[] = [];
  const toldIds: number[] = [];
  const reports: StopReport[] = [];

  for (const isFirst of [true, false]) {
    await using t = await testApp(app, { brokers, middleware: [slow] });
    for (const id of isFirst ? ids : []) await t.send(placed, { id }, atShop);
    for (const id of isFirst ? news : []) {
      await t.send(shipped, { id }, atWarehouse);
    }
    await t.advance(isFirst ? 500 : 60_000);
    reports.push(await t.stop());
    shippedIds.push(...t.subscriber(ship).received.map(({ id }) => id));
    toldIds.push(...t.subscriber(tell).received.map(({ id }) => id));
  }

  const [first, second] = reports;
  assert.ok(first && first.settled > 100 && first.returned > 0);
  assert.deepEqual([first.lost, second?.lost, second?.returned], [0, 0, 0]);
  assert.deepEqual(sorted(shippedIds), ids);
  assert.deepEqual(sorted(toldIds), [...ids, ...news]);
});

/** The bridge without a group, with one who listens on each side. */
function ungrouped({ shop, warehouse }: ReturnType<typeof makeBrokers>) {
  const listener = (name: string) => subscriber(events, { name }, () => {});
  return new RustStream({ title: "ungrouped", version: "1.0.0" })
    .withBroker(shop, (b) =>
      b.include(listener("at-shop"))
        .include(fromShop, { out: { there: on(warehouse) } }))
    .withBroker(warehouse, (b) =>
      b.include(listener("at-warehouse"))
        .include(fromWarehouse, { out: { there: on(shop) } }));
}

for (const here of ["shop", "warehouse"] as const) {
  test(`without a group a stop carries across what has arrived at the ${here}`, async () => {
    const brokers = makeBrokers();
    const there = { broker: here === "shop" ? "warehouse" : "shop" };
    await using t = await testApp(ungrouped(brokers), { middleware: [slow] });

    // Little comes the other way, so that nobody is there long for another reason.
    for (const id of ids) await t.send(placed, { id }, { broker: here });
    await t.send(shipped, { id: 1 }, there);
    await t.advance(500);
    const forwards = here === "shop" ? fromShop : fromWarehouse;
    const crossed = t.subscriber(forwards).out("there").payloads;
    const { returned, lost } = await t.stop();

    const heardAt = (name: string) =>
      t.subscriber(name).bodies.map((body) => body.join()).sort();
    assert.ok(crossed.length > 0 && crossed.length < ids.length);
    assert.deepEqual([returned, lost], [0, 0]);
    assert.equal(heardAt("at-shop").length, ids.length + 1);
    assert.deepEqual(heardAt("at-shop"), heardAt("at-warehouse"));
  });
}

test("the example says what is on its way", async () => {
  const { code, stdout, stderr } = await runExample(
    "bridge",
    ["run", "--feed", "events.order.placed=-", "--exit-when-idle"],
    '{"id":1}\n{"id":2}\n',
  );

  assert.match(
    stdout,
    /^order 1 is on its way\norder 2 is on its way\n/,
    stderr,
  );
  assert.match(stderr, /12 settled, 0 returned, 0 lost/);
  assert.equal(code, 0);
});
