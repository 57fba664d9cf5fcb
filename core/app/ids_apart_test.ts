// Ids of what an application publishes: what is no repetition is not taken for one.
import {
  bytes,
  channel,
  out,
  RustStream,
  subscriber,
  type,
} from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import {
  deduplicate,
  MemoryDeduplicationStore,
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
const retry = { backoff: { initialMs: 10, maxMs: 10, jitter: false } };
const group = "shop";
const slots = { out: { audit: out(audit) }, retry, group };
const named = { headers: { "message-id": "m" } };

const appOf = (
  build: Parameters<RustStream["withBroker"]>[1],
): RustStream => new RustStream(info).withBroker(new MemoryBroker(), build);

type T = Awaited<ReturnType<typeof testApp>>;

/** How many messages there are, and how many ids they have. */
function counted(t: T): readonly [number, number] {
  const { messages } = t.published(audit);
  const ids = messages.map(({ headers }) => headers.get("message-id"));
  return [ids.length, new Set(ids).size];
}

const once = () => deduplicate({ store: new MemoryDeduplicationStore() });

test("a request of a handler that runs again is answered, by who deduplicates too", async () => {
  const asked = channel("asked", {
    payload: type<Order>(),
    reply: channel<string>("answers"),
  });
  const got: string[] = [];
  const take = subscriber(
    orders,
    { out: { asked: out(asked).requests() }, retry, group },
    async (order, { out, attempt, message: { headers } }) => {
      for (const more of [{}, { ...(headers && { headers }) }]) {
        const options = { timeoutMs: 1_000, ...more };
        got.push(await out.asked.request(order, options));
      }
      if (attempt === 1) throw new Error("not yet");
    },
  );
  const answer = subscriber(
    asked,
    { middleware: [once()], group },
    ({ id }) => `order ${id}`,
  );
  const app = new RustStream(info).withBroker(
    new MemoryBroker(),
    (b) => b.include(take).include(answer),
  );
  await using t = await testApp(app);
  await t.publish(orders, { id: 1 }, named);
  await t.advance(10_000);

  assert.deepEqual(got, ["order 1", "order 1", "order 1", "order 1"]);
});

test("parts that bring the headers of their source along have ids of their own", async () => {
  const take = subscriber(orders, slots, async (_order, { out, message }) => {
    const { headers } = message;
    for (const part of ["tea", "milk"]) {
      await out.audit.publish(part, { ...(headers && { headers }) });
    }
  });
  await using t = await testApp(appOf((b) => b.include(take)));
  await t.publish(orders, { id: 1 }, named);

  assert.deepEqual(counted(t), [2, 2]);
});

test("dead letters of two subscribers of one message are told apart, and both handled", async () => {
  const poisoned = (name: string) =>
    subscriber(orders, {
      name,
      group: name,
      retry: { maxAttempts: 1 },
      deadLetter: bytes("dead"),
    }, () => {
      throw new Error("out of stock");
    });
  const from: unknown[] = [];
  const letters = subscriber(
    bytes("dead"),
    { ...slots, middleware: [once()] },
    async (_body, { out, message }) => {
      from.push(message.headers?.get("ruststream-dead-letter-subscriber"));
      await out.audit.publish("letter");
    },
  );
  await using t = await testApp(
    appOf((b) =>
      b.include(poisoned("a")).include(poisoned("b")).include(letters)
    ),
  );
  await t.publish(orders, { id: 1 }, named);
  await t.advance(1_000);

  assert.deepEqual(from.sort(), ["a", "b"]);
  assert.deepEqual(counted(t), [2, 2]);
});

test("replicas that each get a message give what they make of it ids of their own", async () => {
  const ids: unknown[] = [];
  const broker = new MemoryBroker();
  const take = subscriber(
    orders,
    { out: { audit: out(audit) }, fanOut: true },
    async (_order, { out }) => void await out.audit.publish("refreshed"),
  );
  const look = subscriber(
    audit,
    { fanOut: true },
    (_what, { headers }) => void ids.push(headers.get("message-id")),
  );
  const replicas = [];
  for (const one of [look, take, take]) {
    const app = new RustStream(info).withBroker(broker, (b) => b.include(one));
    replicas.push(await app.start());
  }
  await replicas[0]?.publisher.publish(orders, { id: 1 });
  for (const running of replicas.reverse()) await running.stop();

  assert.equal(ids.length, 2);
  assert.equal(new Set(ids).size, 2);
});

test("what differs in its key or headers is another message", async () => {
  const take = subscriber(orders, slots, async (_order, { out, attempt }) => {
    await out.audit.publish("took", { key: `run ${attempt}` });
    await out.audit.publish("took", { headers: { run: String(attempt) } });
    if (attempt === 1) throw new Error("not yet");
  });
  await using t = await testApp(appOf((b) => b.include(take)));
  await t.publish(orders, { id: 1 });
  await t.advance(1_000);

  assert.deepEqual(counted(t), [4, 4]);
});
