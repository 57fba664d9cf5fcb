// Ids of what an application publishes: so that whoever reads it knows a repetition.
import {
  batchSubscriber,
  channel,
  flatMap,
  out,
  pipeline,
  RustStream,
  subscriber,
} from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import {
  deduplicate,
  MemoryDeduplicationStore,
  messageIdOf,
} from "@ruststream/core/middleware";
import { testApp } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { info } from "./_kit_test.ts";

interface Order {
  readonly id: number;
}
const orders = channel<Order>("orders");
const audit = channel<string>("audit");
const receipts = channel<Order>("receipts");
const retry = { backoff: { initialMs: 10, maxMs: 10, jitter: false } };
const group = "shop";

type T = Awaited<ReturnType<typeof testApp>>;
type Plain = typeof audit | typeof receipts;

const idsOf = (t: T, of: Plain) =>
  t.published(of).messages.map(({ headers }) => headers.get("message-id"));

test("a handler that runs again publishes by its slots and replies with the ids it used before", async () => {
  const take = subscriber(
    orders,
    { out: { audit: out(audit) }, reply: receipts, retry, group },
    async (order, { out, attempt }) => {
      await out.audit.publish("took");
      await out.audit.publish("took");
      if (attempt === 1) throw new Error("not yet");
      await out.audit.publish("more");
      return order;
    },
  );
  await using t = await testApp(
    new RustStream(info).withBroker(new MemoryBroker(), (b) => b.include(take)),
  );
  t.faults.refusePublish({ after: 5 });
  await t.publish(orders, { id: 1 });
  await t.advance(1_000);

  const [first, second, again, secondAgain, more, ...rest] = idsOf(t, audit);
  assert.match(first ?? "", /^[!-~]{16}$/);
  assert.deepEqual([again, secondAgain], [first, second]);
  assert.equal(new Set([first, second, more]).size, 3);
  assert.deepEqual(rest, []);
  assert.equal(idsOf(t, receipts).length, 1);
  assert.match(idsOf(t, receipts)[0] ?? "", /^[!-~]{16}$/);
});

test("what differs from what was published before has another id, at the same place of the same handler", async () => {
  const take = subscriber(
    orders,
    { out: { audit: out(audit) }, retry, group },
    async (_order, { out, attempt }) => {
      await out.audit.publish(`run ${attempt}`);
      if (attempt === 1) throw new Error("not yet");
    },
  );
  await using t = await testApp(
    new RustStream(info).withBroker(new MemoryBroker(), (b) => b.include(take)),
  );
  await t.publish(orders, { id: 1 });
  await t.advance(1_000);

  const ids = idsOf(t, audit);
  assert.equal(ids.length, 2);
  assert.equal(new Set(ids).size, 2);
});

test("subscribers of one message give what they publish ids of their own", async () => {
  const one = (name: string) =>
    subscriber(
      orders,
      { name, out: { audit: out(audit) } },
      async (_order, { out }) => void await out.audit.publish("took"),
    );
  await using t = await testApp(
    new RustStream(info).withBroker(
      new MemoryBroker(),
      (b) => b.include(one("a")).include(one("b")),
    ),
  );
  await t.publish(orders, { id: 1 });

  assert.equal(new Set(idsOf(t, audit)).size, 2);
});

test("an answer to whoever waits has no id, and what is published by hand has one", async () => {
  const seen: unknown[] = [];
  const asked = { ...orders, reply: receipts };
  const broker = new MemoryBroker();
  const running = await new RustStream(info)
    .withBroker(
      broker,
      (b) =>
        b.include(subscriber(asked, (order, { message }) => {
          seen.push(message.headers?.get("message-id") !== undefined);
          return order;
        })),
    )
    .start();
  await using connection = await broker.connect();
  const answer = await connection.publisher.request({
    address: "orders",
    body: new TextEncoder().encode('{"id":1}'),
  }, { timeoutMs: 1_000 });
  await running.publisherOf(broker).request(asked, { id: 1 }, {
    timeoutMs: 1_000,
  });
  await running.stop();

  assert.equal(answer.headers?.has("message-id") ?? false, false);
  assert.deepEqual(seen, [false, true]);
});

for (
  const [where, off] of [
    ["the application", [{ messageIds: false }, {}, {}]],
    ["a broker", [{}, { messageIds: false }, {}]],
    ["a mount", [{}, {}, { messageIds: false }]],
  ] as const
) {
  test(`${where} may switch ids off`, async () => {
    const [ofApp, ofBroker, ofMount] = off;
    const take = subscriber(
      orders,
      { out: { audit: out(audit) }, reply: receipts },
      async (order, { out }) => {
        await out.audit.publish("took");
        return order;
      },
    );
    const explode = pipeline(
      channel<Order>("lists"),
      {},
      (s, io) => s.pipeThrough(flatMap((o) => [o])).pipeTo(io.sinkTo(receipts)),
    );
    await using t = await testApp(
      new RustStream(info, ofApp).withBroker(
        new MemoryBroker(),
        (b) => b.include(take, ofMount).include(explode, ofMount),
        ofBroker,
      ),
    );
    await t.publish(orders, { id: 1 });
    await t.publish(channel<Order>("lists"), { id: 1 });

    assert.deepEqual(idsOf(t, audit), [undefined]);
    assert.deepEqual(idsOf(t, receipts), [undefined, undefined]);
  });
}

test("the parts of a mounted pipeline have the same ids when their source comes again", async () => {
  let runs = 0;
  const explode = pipeline(
    orders,
    { group, retry },
    (s, io) =>
      s.pipeThrough(flatMap(() => ["tea", "tea", `run ${++runs}`]))
        .pipeTo(io.sinkTo(audit)),
  );
  await using t = await testApp(
    new RustStream(info)
      .withBroker(new MemoryBroker(), (b) => b.include(explode)),
  );
  t.faults.deliverTwice();
  await t.publish(orders, { id: 1 });

  const ids = idsOf(t, audit);
  assert.equal(ids.length, 6);
  assert.deepEqual(ids.slice(3, 5), ids.slice(0, 2));
  assert.equal(new Set(ids).size, 4);
});

test("deduplicate() knows a repetition without any settings: of what a handler publishes again, too", async () => {
  const handled: string[] = [];
  const once = deduplicate({ store: new MemoryDeduplicationStore() });
  const take = subscriber(
    orders,
    { out: { audit: out(audit) }, retry, group },
    async ({ id }, { out, attempt }) => {
      await out.audit.publish(`order ${id}`);
      if (attempt === 1) throw new Error("not yet");
    },
  );
  const tell = subscriber(
    audit,
    { middleware: [once], group },
    (what) => void handled.push(what),
  );
  await using t = await testApp(
    new RustStream(info).withBroker(
      new MemoryBroker(),
      (b) => b.include(take).include(tell),
    ),
  );
  for (const id of [1, 2]) await t.publish(orders, { id });
  await t.advance(1_000);

  assert.equal(t.published(audit).messages.length, 4);
  assert.deepEqual(handled.sort(), ["order 1", "order 2"]);
});

test("a handler that sends its message back, headers and all, is not taken for a repetition", async () => {
  const seen: number[] = [];
  const ids = new Set<string | undefined>();
  const once = deduplicate({ store: new MemoryDeduplicationStore() });
  const take = subscriber(
    orders,
    { middleware: [once], out: { orders: out(orders) }, group },
    async ({ id }, ctx) => {
      seen.push(id);
      ids.add(messageIdOf(ctx));
      if (id === 3) return;
      const { headers } = ctx.message;
      await ctx.out.orders.publish({ id: id + 1 }, {
        ...(headers && { headers }),
      });
    },
  );
  await using t = await testApp(
    new RustStream(info).withBroker(new MemoryBroker(), (b) => b.include(take)),
  );
  await t.publish(orders, { id: 1 });

  assert.deepEqual(seen, [1, 2, 3]);
  assert.equal(ids.size, 3);
});

test("messages that a handler makes of one by running.publisher, its headers and all, are not taken for repetitions", async () => {
  const handled: string[] = [];
  const once = deduplicate({ store: new MemoryDeduplicationStore() });
  const broker = new MemoryBroker();
  const take = subscriber(orders, { group }, async (_order, { message }) => {
    const { headers = [] } = message;
    await running.publisher.publish(audit, "tea", { headers });
    await running.publisher.publish(audit, "milk", { headers });
  });
  const tell = subscriber(
    audit,
    { middleware: [once], group },
    (what) => void handled.push(what),
  );
  const all = Promise.withResolvers<void>();
  let settled = 0;
  const running = await new RustStream(info)
    .withBroker(broker, (b) => b.include(take).include(tell))
    .observe({ settled: () => ++settled === 3 && all.resolve() })
    .start();
  await running.publisher.publish(orders, { id: 1 });
  await all.promise;
  await running.stop();

  assert.deepEqual(handled, ["tea", "milk"]);
});

test("the slots of a batch have the ids they had where the same batch comes again", async () => {
  let runs = 0;
  const total = batchSubscriber(
    orders,
    { max: 1, out: { audit: out(audit) }, retry, group },
    async (_batch, { out }) => {
      await out.audit.publish("total");
      if (++runs === 1) throw new Error("not yet");
    },
  );
  await using t = await testApp(
    new RustStream(info)
      .withBroker(new MemoryBroker(), (b) => b.include(total)),
  );
  await t.publish(orders, { id: 1 });
  await t.advance(1_000);

  const [first, ...again] = idsOf(t, audit);
  assert.match(first ?? "", /^[!-~]{16}$/);
  assert.deepEqual(again, [first]);
});
