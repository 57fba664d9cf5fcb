import {
  ack,
  channel,
  type ChannelPublisher,
  on,
  out,
  retry,
  RustStream,
  subscriber,
} from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import {
  audit,
  info,
  type Order,
  orders,
  realWork,
  receipts,
  service,
} from "./_kit_test.ts";
import { testApp } from "./test_app.ts";

const unlimited = { backoff: { initialMs: 100, maxMs: 400, jitter: false } };

test("TestApp.publish() returns when all that it caused has settled, also what really waits", async () => {
  const seen: string[] = [];
  const take = subscriber(orders, { reply: receipts }, ({ id }) => ({ id }));
  const file = subscriber(receipts, async ({ id }) => {
    await realWork();
    seen.push(`filed ${id}`);
  });
  await using t = await testApp(service(take, file));

  await t.publish(orders, { id: 1 });

  assert.deepEqual(seen, ["filed 1"]);
  assert.deepEqual(t.pending, []);
  assert.equal(
    t.transcript(),
    `       0 - orders sent
       0 orders orders #1 received
       0 orders orders #1 started
       0 orders orders #1 returned
       0 orders receipts published, reply
       0 orders orders #1 settled: ack
       0 receipts receipts #1 received
       0 receipts receipts #1 started
       0 receipts receipts #1 returned
       0 receipts receipts #1 settled: ack
`,
  );
});

test("TestApp.publish() waits for work after a settlement", async () => {
  const done: number[] = [];
  const take = subscriber(orders, () =>
    ack().andAfter(async () => {
      done.push(await realWork());
    }));
  await using t = await testApp(service(take));

  await t.publish(orders, { id: 1 });

  assert.equal(done.length, 1);
});

test("TestApp.publish() waits across brokers, for declared slots and for whoever publishes by hand", async () => {
  const here = new MemoryBroker({ name: "here" });
  const there = new MemoryBroker({ name: "there" });
  let byHand: ChannelPublisher | undefined;
  const heard: string[] = [];
  const take = subscriber(
    orders,
    { out: { audit: out(audit) } },
    async ({ id }, ctx) => {
      await ctx.out.audit.publish({ what: `order ${id}` }, {
        params: { of: "acme" },
      });
    },
  );
  const listen = subscriber(audit, async ({ what }) => {
    await realWork();
    heard.push(what);
    await byHand?.publish(receipts, { id: 7 });
  });
  const file = subscriber(receipts, async ({ id }) => {
    await realWork();
    heard.push(`filed ${id}`);
  });
  const app = new RustStream(info)
    .withBroker(
      here,
      (b) => b.include(take, { out: { audit: on(there) } }).include(file),
    )
    .withBroker(there, (b) => b.include(listen))
    .afterStart(({ publisher }) => {
      byHand = publisher;
    });
  await using t = await testApp(app);

  await t.publish(orders, { id: 1 });

  assert.deepEqual(heard, ["order 1", "filed 7"]);
  t.subscriber(take).out("audit").once({ what: "order 1" });
  assert.equal(t.published(audit).messages[0]?.broker, "there");
  assert.deepEqual(t.published(receipts).messages[0]?.by, { as: "by hand" });
});

test("TestApp.publish() returns while a handler sleeps on its clock, and pending says until when", async () => {
  const take = subscriber(orders, async (_order, { clock }) => {
    await clock.sleep(500);
  });
  await using t = await testApp(service(take), { startMs: 1_000 });

  await t.publish(orders, { id: 1 });

  assert.deepEqual(t.pending, [{
    why: "handler",
    subscriber: "orders",
    address: "orders",
    attempt: 1,
    until: 1_500,
  }]);
  await t.advance(499);
  assert.deepEqual(t.subscriber(take).outcomes, [undefined]);
  await t.advance(1);
  t.subscriber(take).calledOnce().acked();
  assert.equal(t.now, 1_500);
});

test("TestApp.advance() makes delayed retries fire, each at its time", async () => {
  const at: number[] = [];
  const take = subscriber(orders, { retry: unlimited }, (_order, ctx) => {
    at.push(ctx.clock.now());
    throw new Error("never");
  });
  await using t = await testApp(service(take));

  await t.publish(orders, { id: 1 });
  assert.deepEqual(t.pending, [{
    why: "retry",
    subscriber: "orders",
    address: "orders",
    attempt: 2,
    until: 100,
  }]);
  await t.advance(1_500);

  assert.deepEqual(at, [0, 100, 300, 700, 1_100, 1_500]);
  t.subscriber(take).calledTimes(6).retried(6);
});

test("TestApp.pending says what is held, and what waits behind it", async () => {
  const take = subscriber(
    orders,
    { retry: { ...unlimited, order: "keep", maxAttempts: 3 }, concurrency: 2 },
    () => retry({ afterMs: 50 }),
  );
  await using t = await testApp(service(take));

  await t.publish(orders, { id: 1 });
  await t.publish(orders, { id: 2 });

  assert.deepEqual(
    t.pending.map(({ why, attempt, until }) => [why, attempt, until]),
    [["held", 2, 50]],
  );
  t.subscriber(take).calledOnce().retried(1);
});

test("TestApp.pending says what is published later", async () => {
  const take = subscriber(
    orders,
    { out: { later: out(receipts).schedules() } },
    async ({ id }, ctx) => {
      await ctx.out.later.schedule({ id }, new Date(ctx.clock.now() + 60_000));
    },
  );
  const file = subscriber(receipts, () => {});
  const app = new RustStream(info).withBroker(
    new MemoryBroker(),
    (b) => b.include(take).include(file),
  );
  await using t = await testApp(app);

  await t.publish(orders, { id: 1 });
  assert.deepEqual(t.pending, [
    { why: "schedule", address: "receipts", until: 60_000 },
  ]);
  t.published(receipts).none();
  await t.advance(60_000);

  t.published(receipts).once({ id: 1 });
  t.subscriber(file).calledOnceWith({ id: 1 }).acked();
});

test("TestApp.publish() ends an endless requeue with an error that names it", async () => {
  const take = subscriber(orders, () => retry({ afterMs: 0 }));
  await using t = await testApp(service(take), { maxSteps: 1_000 });

  await assert.rejects(t.publish(orders, { id: 1 }), {
    name: "UnrestError",
    message:
      /^Cannot come to rest after 1000 steps: "orders" of orders ran \d{3} times, its latest attempt is \d{3}, its latest outcomes are retry, retry, retry, retry, retry\n/,
  });
  // It would go round for ever: it was stopped.
  await assert.rejects(t.settle(), { code: "closed" });
});

test("TestApp.publish() ends a circle of handlers, and of holds that take no time", async () => {
  const there = subscriber(orders, { reply: receipts }, (order) => order);
  const back = subscriber(receipts, { reply: orders }, (order) => order);
  await using circle = await testApp(
    service(there, back),
    { maxSteps: 500 },
  );
  const hold = subscriber(
    orders,
    { retry: { order: "keep" } },
    () => retry({ afterMs: 0 }),
  );
  await using held = await testApp(service(hold), { maxSteps: 500 });

  await assert.rejects(
    circle.publish(orders, { id: 1 }),
    /"(orders|receipts)" of \1 ran \d+ times, .*; so did "(?!\1)(orders|receipts)" \d+ times/,
  );
  await assert.rejects(held.publish(orders, { id: 1 }), /"orders" of orders/);
});

test("TestApp.publish() ends with an error where a handler does not", async () => {
  const gate = Promise.withResolvers<void>();
  const take = subscriber(orders, () => gate.promise);
  await using t = await testApp(service(take), { withinMs: 20 });

  await assert.rejects(t.publish(orders, { id: 1 }), {
    name: "UnrestError",
    message:
      /^Cannot come to rest in 20 ms: 1 still runs or waits, orders orders #1: running/,
  });
  gate.resolve();
  await t.settle();
  t.subscriber(take).acked();
});

test("TestApp.publish() rejects with what the publish itself fails with", async () => {
  const take = subscriber(orders, () => {});
  const app = new RustStream(info).withBroker(
    new MemoryBroker({ maxBodyBytes: 20 }),
    (b) => b.include(take),
  );
  await using t = await testApp(app);
  const lost = channel<{ text: string }>("lost");

  await assert.rejects(t.publish(lost, { text: "much too long for that" }), {
    code: "too-large",
  });
  await assert.rejects(
    t.publish(lost, { text: "" }, { broker: "other" }),
    /^TypeError: Cannot send to "lost": "shop" has no broker "other"$/,
  );
  t.subscriber(take).notCalled();
});

test("TestApp.publish() rejects where the broker has no room until time moves", async () => {
  const take = subscriber(orders, async (_order, { clock }) => {
    await clock.sleep(1_000);
  });
  const app = new RustStream(info).withBroker(
    new MemoryBroker({ capacity: 1 }),
    (b) => b.include(take),
  );
  await using t = await testApp(app);
  const error = await fill();

  assert.match(
    String(error),
    /^MessagingError: Cannot publish to "orders" before time moves/,
  );
  await t.advance(10_000);
  // What was parked got in when there was room.
  t.subscriber(take).calledTimes(3).acked(3);

  async function fill(): Promise<unknown> {
    for (let id = 1; id < 10; id++) {
      try {
        await t.publish(orders, { id });
      } catch (error) {
        return error;
      }
    }
    return undefined;
  }
});

test("TestApp.send() waits for the broker only", async () => {
  const gate = Promise.withResolvers<void>();
  const take = subscriber(orders, () => gate.promise);
  await using t = await testApp(service(take));

  await t.send(orders, { id: 1 });
  t.subscriber(take).outcomes.forEach((one) => assert.equal(one, undefined));
  gate.resolve();
  await t.settle();

  t.subscriber(take).calledOnceWith({ id: 1 }).acked();
});

test("TestApp.advance() refuses what is no time", async () => {
  await using t = await testApp(service());

  for (const ms of [-1, Infinity, NaN]) {
    await assert.rejects(t.advance(ms), RangeError);
  }
  assert.equal(t.now, 0);
});

test("TestApp calls may overlap: each ends by itself", async () => {
  const take = subscriber(orders, async (_order, { clock }) => {
    await clock.sleep(10);
  });
  await using t = await testApp(service(take));

  await Promise.all([
    t.publish(orders, { id: 1 }),
    t.publish(orders, { id: 2 }),
    t.advance(10),
    t.advance(10),
  ]);

  t.subscriber(take).calledTimes(2).acked(2);
  assert.equal(t.now, 20);
});

test("testApp() keeps two applications apart, also two of the same", async () => {
  const take = subscriber(orders, (_order: Order) => {});
  const app = service(take);
  await using one = await testApp(app);
  await using two = await testApp(app);

  await Promise.all([one.publish(orders, { id: 1 }), two.advance(5)]);

  one.subscriber(take).calledOnce();
  two.subscriber(take).notCalled();
  assert.deepEqual([one.now, two.now], [0, 5]);
});

test("testApp() follows its seed", async () => {
  const first = await jittered(1);

  assert.deepEqual(await jittered(1), first);
  assert.notDeepEqual(await jittered(2), first);

  async function jittered(seed: number): Promise<readonly number[]> {
    const take = subscriber(orders, () => retry());
    await using t = await testApp(service(take), { seed });
    await t.publish(orders, { id: 1 });
    await t.advance(2_000);
    return t.subscriber(take).calls.map(({ at }) => at);
  }
});
