import { channel, RustStream, subscriber } from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { info, type Order, orders, receipts, service } from "./_kit_test.ts";
import { testApp } from "./test_app.ts";

const shared = { group: "shop" } as const;
const take = subscriber(orders, { ...shared, reply: receipts }, ({ id }) => ({
  id,
}));
const app = service(take);
const ids = (some: readonly Order[]) => some.map(({ id }) => id);

test("faults.loseAck() brings the delivery back after its deadline, handled and acked", async () => {
  await using t = await testApp(app);

  t.faults.loseAck();
  await t.publish(orders, { id: 1 });
  t.subscriber(take).calledOnce().acked();
  await t.advance(29_999);
  t.subscriber(take).calledOnce();
  await t.advance(1);

  t.subscriber(take).calledTimes(2).acked(2);
  assert.deepEqual(
    t.subscriber(take).calls.map((c) => c.attempts[0]?.attempt),
    [1, 2],
  );
  assert.deepEqual(await t.stop(), { settled: 2, returned: 0, lost: 0 });
});

test("faults.deliverTwice() hands a message out twice, and it does not come a third time", async () => {
  await using t = await testApp(app);

  t.faults.deliverTwice();
  await t.publish(orders, { id: 1 });
  await t.publish(orders, { id: 2 });
  await t.advance(120_000);

  assert.deepEqual(ids(t.subscriber(take).received), [1, 1, 2]);
  t.subscriber(take).acked(3);
});

test("faults.reorder() lets later ones overtake", async () => {
  await using t = await testApp(app);

  t.faults.reorder();
  for (const id of [1, 2, 3]) await t.publish(orders, { id });
  await t.advance(30_000);

  assert.deepEqual(ids(t.subscriber(take).received), [2, 3, 1]);
});

test("faults.crashBeforeSettle() keeps what the handler did, and delivers again", async () => {
  await using t = await testApp(app);

  t.faults.crashBeforeSettle();
  await t.publish(orders, { id: 1 });

  t.published(receipts).times(2);
  t.subscriber(take).calledTimes(2);
  assert.deepEqual(
    t.subscriber(take).outcomes.filter((outcome) => outcome !== undefined),
    ["ack"],
  );
});

test("faults.crashBeforePublish() lets nothing out, and delivers again", async () => {
  await using t = await testApp(app);

  t.faults.crashBeforePublish();
  await t.publish(orders, { id: 1 });

  t.subscriber(take).calledTimes(2);
  t.published(receipts).once({ id: 1 });
});

test("faults.refusePublish() refuses so many times, and the runtime tries again", async () => {
  await using t = await testApp(app);

  t.faults.refusePublish({ times: 2 });
  await t.publish(orders, { id: 1 });
  t.published(receipts).none();
  await t.advance(1_000);

  t.published(receipts).once({ id: 1 });
  t.subscriber(take).calledOnce().acked();
  assert.equal(
    t.events.filter(({ kind }) => kind === "not published").length,
    2,
  );
});

test("faults.disconnect() keeps deliveries away until the connection is back", async () => {
  await using t = await testApp(app);

  t.faults.disconnect({ forMs: 500 });
  await t.publish(orders, { id: 1 });
  t.subscriber(take).notCalled();
  await t.advance(500);

  t.subscriber(take).calledOnce().acked();
});

test("faults.disconnect() gives what is in hand to whoever is there afterwards", async () => {
  const slow = subscriber(
    orders,
    shared,
    (_order, { clock, signal }) => clock.sleep(1_000, signal),
  );
  await using t = await testApp(service(slow));
  await t.publish(orders, { id: 1 });

  t.faults.disconnect({ forMs: 100 });
  await t.advance(60_000);

  t.subscriber(slow).calledTimes(2);
  assert.equal(t.subscriber(slow).outcomes.at(-1), "ack");
});

test("TestApp.crash() starts again with the same state, and what was in hand comes back", async () => {
  const paid: string[] = [];
  const slow = subscriber(orders, shared, async ({ id }, { clock }) => {
    paid.push(`asked ${id}`);
    await clock.sleep(1_000);
    paid.push(`paid ${id}`);
  });
  const torn: string[] = [];
  const shop = new RustStream(info)
    .withState((stack) => {
      stack.defer(() => void torn.push("state"));
      return { made: true };
    })
    .withBroker(new MemoryBroker(), (b) => b.include(slow));
  const t = await testApp(shop);
  await t.publish(orders, { id: 1 });
  const { state } = t;

  await t.crash();

  assert.equal(t.state, state);
  assert.deepEqual(torn, []);
  assert.deepEqual(paid, ["asked 1", "asked 1"]);
  await t.advance(1_000);
  assert.deepEqual(paid, ["asked 1", "asked 1", "paid 1"]);
  assert.deepEqual(t.pending, []);
  await t.stop();
  assert.deepEqual(torn, ["state"]);
  await assert.rejects(t.crash(), { code: "closed" });
  assert.throws(() => t.faults, { code: "closed" });
});

test("TestApp.crash() lets nobody hear of what the dead process still does", async () => {
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let calls = 0;
  const take = subscriber(orders, shared, async () => {
    begun.resolve();
    if (calls++ === 0) await gate.promise;
  });
  await using t = await testApp(service(take));
  await t.send(orders, { id: 1 });
  await begun.promise;

  await t.crash();
  gate.resolve();
  await t.settle();

  assert.equal(calls, 2);
  assert.equal(t.events.filter(({ kind }) => kind === "returned").length, 1);
});

test("faults let so many moments pass first", async () => {
  await using t = await testApp(app);

  t.faults.deliverTwice({ after: 1 });
  t.faults.deliverTwice({ after: 1 });
  t.faults.refusePublish({ after: 2 });
  for (const id of [1, 2, 3, 4, 5]) await t.publish(orders, { id });

  assert.deepEqual(ids(t.subscriber(take).received), [1, 2, 2, 3, 4, 4, 5]);
  const refused = t.events.filter(({ kind }) => kind === "not published");
  assert.equal(refused.length, 1);
});

test("TestApp.crash() rejects with what the new start rejects with, and can be stopped then", async () => {
  let starts = 0;
  const fragile = service(take);
  fragile.afterStart(() => {
    if (starts++ > 0) throw new Error("no second start");
  });
  const t = await testApp(fragile);

  await assert.rejects(t.crash(), /no second start/);

  assert.match(String(t.failure), /no second start/);
  await assert.rejects(t.publish(orders, { id: 1 }), { code: "closed" });
  assert.deepEqual(await t.stop(), { settled: 0, returned: 0, lost: 0 });
});

test("faults are refused where the broker's guarantees give them no meaning", async () => {
  const alone = subscriber(channel<Order>("alone"), () => {});
  await using t = await testApp(service(alone));
  const refused = { name: "MessagingError", code: "unsupported" };

  assert.throws(() => t.faults.loseAck(), refused);
  assert.throws(() => t.faults.deliverTwice(), refused);
  assert.throws(() => t.faults.reorder(), refused);
  assert.throws(() => t.faults.crashBeforeSettle(), refused);
  assert.throws(() => t.faults.crashBeforePublish(), refused);
  await assert.rejects(t.crash(), {
    ...refused,
    message:
      'Cannot let "crash" happen to "shop": the broker of "alone" does not deliver again what was not settled; give it a group, where the broker has groups',
  });
  assert.throws(() => t.faults.disconnect({ forMs: -1 }), RangeError);
  assert.throws(() => t.faults.refusePublish({ times: 0 }), RangeError);
  assert.throws(() => t.faults.refusePublish({ after: 0.5 }), RangeError);
  await assert.rejects(
    testApp(service(alone), { faults: ["loseAck"] }),
    refused,
  );
  await using live = await testApp(service(alone), { live: true });
  assert.throws(() => live.faults.disconnect(), refused);
});

test("testApp() refuses unknown faults by name, and rates that are none", async () => {
  await assert.rejects(testApp(app, { faults: ["loseAcks" as never] }), {
    name: "TypeError",
    message:
      'Cannot set testApp: "faults" must be of loseAck, deliverTwice, reorder, crash, crashBeforeSettle, crashBeforePublish, disconnect, refusePublish, found "loseAcks"',
  });
  await assert.rejects(testApp(app, { faultRate: 2 }), RangeError);
});

test("faults.calm() takes back what has not happened", async () => {
  await using t = await testApp(app);

  t.faults.loseAck();
  t.faults.refusePublish({ times: Infinity });
  t.faults.disconnect({ forMs: 60_000 });
  t.faults.calm();
  await t.publish(orders, { id: 1 });
  await t.advance(60_000);

  t.subscriber(take).calledOnce().acked();
  t.published(receipts).once();
});

test("faults by a seed happen the same way each time, are told with it, and end with the stop", async () => {
  const day = async (seed: number) => {
    await using t = await testApp(app, {
      seed,
      faults: ["loseAck", "deliverTwice", "crashBeforeSettle", "refusePublish"],
      faultRate: 0.3,
    });
    for (let id = 0; id < 10; id++) await t.publish(orders, { id });
    await t.advance(600_000);
    await t.stop();
    return t.transcript();
  };

  const first = await day(1);

  assert.equal(await day(1), first);
  assert.notEqual(await day(2), first);
  assert.match(first, /fault: loseAck by seed 1/);
});
