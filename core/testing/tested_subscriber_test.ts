import {
  ack,
  batchSubscriber,
  bytes,
  channel,
  out,
  reject,
  retry,
  RustStream,
  subscriber,
} from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { audit, info, orders, receipts, service } from "./_kit_test.ts";
import { testApp } from "./test_app.ts";

const quick = { maxAttempts: 2, backoff: { initialMs: 0, maxMs: 0 } };

/** What an assertion throws. */
function failure(assertion: () => unknown): Error {
  try {
    assertion();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return assert.fail("it held");
}

test("TestedSubscriber narrows to the calls that had a payload", async () => {
  const dead = bytes("dead");
  const take = subscriber(
    orders,
    { deadLetter: dead, retry: quick },
    ({ id }) => {
      if (id === 2) throw new Error("no");
      return id === 3 ? reject("small") : ack();
    },
  );
  await using t = await testApp(service(take));
  for (const id of [1, 2, 3]) await t.publish(orders, { id });

  const of = t.subscriber(take);
  of.called().calledTimes(4).acked(1).retried(1).deadLettered(2);
  of.calledWith({ id: 1 }).calledOnce().acked();
  of.calledWith({ id: 2 }).calledTimes(2).retried(1).deadLettered(1);
  of.calledWith({ id: 3 }).deadLettered();
  assert.throws(() => of.calledWith({ id: 1 }).deadLettered(), {
    name: "AssertionError",
  });
  assert.deepEqual(of.outcomes, ["ack", "retry", "dead-letter", "dead-letter"]);
  assert.deepEqual(of.received, [{ id: 1 }, { id: 2 }, { id: 2 }, { id: 3 }]);
  assert.equal(String(of.calls[1]?.error), "Error: no");
  assert.equal(new TextDecoder().decode(of.bodies[0]), '{"id":1}');
  of.deadLetters.times(2);
});

test("TestedSubscriber holds or throws, for each of its assertions", async () => {
  const take = subscriber(orders, () => reject("no"));
  await using t = await testApp(service(take));
  const of = t.subscriber(take);
  of.notCalled();
  assert.throws(() => of.called(), { name: "AssertionError" });

  await t.publish(orders, { id: 1 });
  of.called().calledOnce().calledTimes(1).rejected().rejected(1)
    .calledOnceWith({ id: 1 }).ended("reject");
  await t.publish(orders, { id: 2 });

  for (
    const assertion of [
      () => of.calledOnce(),
      () => of.calledTimes(3),
      () => of.notCalled(),
      () => of.calledWith({ id: 3 }),
      () => of.calledOnceWith({ id: 1 }),
      () => of.acked(),
      () => of.retried(),
      () => of.deadLettered(),
      () => of.rejected(1),
    ]
  ) assert.throws(assertion, { name: "AssertionError" });
});

test("TestedSubscriber says what was expected, what arrived, and what happened last", async () => {
  const take = subscriber(
    orders,
    { retry: quick },
    () => retry({ afterMs: 5 }),
  );
  await using t = await testApp(service(take));
  await t.publish(orders, { id: 1 });

  const error = failure(() => t.subscriber(take).calledWith({ id: 7 }));

  assert.equal(error.name, "AssertionError");
  assert.equal(
    error.message,
    `Expected a call with { id: 7 } of "orders", found 1 other
  call 1: at id expected 7, found 1

Calls:
  { id: 1 }: #1 retry

The latest events:
       0 orders orders #1 received
       0 orders orders #1 started
       0 orders orders #1 returned
       0 orders orders #1 settled: retry after 5 ms`,
  );
  assert.equal(
    failure(() => t.subscriber(take).acked()).message.split("\n")[0],
    'Expected the outcome "ack" of "orders", found retry',
  );
});

test("TestedSubscriber shows the last ten events, and that nothing has arrived", async () => {
  const take = subscriber(orders, () => {});
  await using t = await testApp(service(take));
  const none = failure(() => t.subscriber(take).called());
  for (let id = 0; id < 5; id++) await t.publish(orders, { id });

  const error = failure(() => t.subscriber(take).notCalled());

  assert.match(none.message, /found none\n\nNothing has arrived\.$/);
  const [, events = ""] = error.message.split("The latest events:\n");
  assert.equal(events.split("\n").length, 10);
  assert.match(events, /#1 settled: ack$/);
});

test("TestedSubscriber knows batches: a call is one, its elements end by themselves", async () => {
  const take = batchSubscriber(
    orders,
    { max: 10, waitMs: 20, retry: { maxAttempts: 2 } },
    (batch) =>
      batch.map(({ payload }) =>
        payload.id === 2 ? reject("no") : payload.id === 3 ? retry() : ack()
      ),
  );
  await using t = await testApp(service(take));
  for (const id of [1, 2, 3]) await t.send(orders, { id });
  await t.settle();
  assert.deepEqual(
    t.pending.map(({ why, until }) => [why, until]),
    [["batch", 20], ["batch", 20], ["batch", 20]],
  );

  await t.advance(20);

  t.subscriber(take).calledOnceWith([{ id: 1 }, { id: 2 }, { id: 3 }])
    .acked(1).rejected(1).retried(1);
  assert.deepEqual(t.subscriber(take).received, [[
    { id: 1 },
    { id: 2 },
    { id: 3 },
  ]]);
});

test("TestedSubscriber knows deliveries that nobody was called with", async () => {
  const take = subscriber(
    channel("orders", {
      payload: {
        "~standard": {
          version: 1 as const,
          vendor: "own",
          validate: () => ({ issues: [{ message: "never" }] }),
        },
      },
    }),
    { name: "strict" },
    () => {},
  );
  await using t = await testApp(service(take));

  await t.publish(orders, { id: 1 });

  t.subscriber(take).notCalled().rejected(1);
  assert.deepEqual(
    t.events.flatMap((e) => e.kind === "notice" ? [e.code] : []),
    ["undecodable"],
  );
});

test("TestedSubscriber has slots and replies of their own", async () => {
  const slots = { mine: out(audit), other: out(audit) };
  const take = subscriber(
    orders,
    { out: slots, reply: receipts },
    async ({ id }, ctx) => {
      const params = { of: "acme" };
      await ctx.out.mine.publish({ what: "mine" }, { params });
      await ctx.out.other.publish({ what: "other" }, { params });
      return { id };
    },
  );
  const app = new RustStream(info).withBroker(
    new MemoryBroker(),
    (b) => b.include(take),
  );
  await using t = await testApp(app);

  await t.publish(orders, { id: 1 });

  t.subscriber(take).out("mine").once({ what: "mine" });
  t.subscriber(take).out("other").once({ what: "other" }, {
    params: { of: "acme" },
  });
  t.subscriber(take).replies.once({ id: 1 });
  t.published(audit).times(2);
  assert.throws(
    () => t.subscriber(take).out("nope" as "mine"),
    /^TypeError: Cannot look at slot "nope" of "orders": it declares no such slot$/,
  );
});

test("TestApp.subscriber() asks which, where a handler is mounted twice", async () => {
  const take = subscriber(orders, () => {});
  const stranger = subscriber(receipts, () => {});
  await using t = await testApp(service(take, take));
  await t.publish(orders, { id: 1 });

  assert.throws(
    () => t.subscriber(take),
    /^TypeError: Cannot choose between the mounts of "orders": give one of their names, orders or orders#2, as the second argument$/,
  );
  t.subscriber(take, "orders#2").calledOnce();
  t.subscriber("orders").calledOnce();
  assert.throws(
    () => t.subscriber(stranger),
    /^TypeError: Cannot find subscriber "receipts": "shop" has orders, orders#2$/,
  );
});

test("TestApp.subscriber() knows apart those that share a subscription", async () => {
  const even = subscriber(
    orders,
    { name: "even", when: (o) => (o as { id: number }).id % 2 === 0 },
    () => {},
  );
  const odd = subscriber(
    orders,
    { name: "odd", when: (o) => (o as { id: number }).id % 2 === 1 },
    () => {},
  );
  await using t = await testApp(service(even, odd));

  for (const id of [1, 2, 3]) await t.publish(orders, { id });

  t.subscriber(even).calledOnceWith({ id: 2 }).acked();
  t.subscriber(odd).calledTimes(2).acked(2);
});
