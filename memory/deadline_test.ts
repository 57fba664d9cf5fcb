import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, on, read, rejectsWith, tap, text, waits } from "./_kit_test.ts";

const options = { group: "workers" };

test("a delivery whose deadline passed comes back, and is its reader's no more", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a", options);
  await connection.publisher.publish(text("a"));
  const first = await orders.next();
  const reading = orders.next();

  await kit.clock.advance(29_999);
  const early = await waits(reading);
  await kit.clock.advance(1);
  const again = await reading;

  assert.ok(early);
  assert.deepEqual([again.attempt, again.id], [2, first.id]);
  assert.equal(first.extend?.(), false);
  await rejectsWith("refused", first.settle({ kind: "ack" }));
  assert.equal(again.settle({ kind: "ack" }), undefined);
});

test("extend() starts the deadline anew", async () => {
  await using kit = new Kit({ settleDeadlineMs: 1000 });
  const connection = await kit.connect();
  const orders = await tap(connection, "a", options);
  await connection.publisher.publish(text("a"));
  const delivery = await orders.next();

  for (let times = 0; times < 5; times++) {
    await kit.clock.advance(900);
    assert.equal(delivery.extend?.(), true);
  }

  assert.equal(delivery.settle({ kind: "ack" }), undefined);
  assert.equal((await orders.subscription.backlog()).waiting, 0);
});

test("extend() of one does not keep the others", async () => {
  await using kit = new Kit({ settleDeadlineMs: 1000 });
  const connection = await kit.connect();
  const orders = await tap(connection, "a", options);
  for (const body of ["1", "2"]) {
    await connection.publisher.publish(text("a", body));
  }
  const [one] = await orders.take(2);
  await kit.clock.advance(500);

  one?.extend?.();
  await kit.clock.advance(500);

  const again = await orders.next();
  assert.deepEqual([read(again), again.attempt], ["2", 2]);
  assert.equal((await orders.subscription.backlog()).unsettled, 2);
});

test("extend() is false after a settle and after shutdown", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a", options);
  for (let sent = 0; sent < 2; sent++) {
    await connection.publisher.publish(text("a"));
  }
  const [one, two] = await orders.take(2);

  await one?.settle({ kind: "ack" });
  await connection.shutdown();

  assert.equal(one?.extend?.(), false);
  assert.equal(two?.extend?.(), false);
});

test("a deadline passes for a member that was cancelled, too", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const one = await tap(connection, "a", options);
  const two = await tap(connection, "a", options);
  await connection.publisher.publish(text("a"));
  await one.next();
  await one.reader.cancel();
  const reading = two.next();

  await kit.clock.advance(30_000);

  assert.equal((await reading).attempt, 2);
});

test("what the buffer of a member holds does not lose its deadline", async () => {
  await using kit = new Kit({ settleDeadlineMs: 1000 });
  const connection = await kit.connect();
  const orders = await on(connection, "a", options);
  const reader = orders.deliveries.getReader();
  const given = reader.read();
  reader.releaseLock();
  await assert.rejects(given, TypeError);
  await connection.publisher.publish(text("a"));

  await kit.clock.advance(10_000);

  const { value } = await orders.deliveries.getReader().read();
  assert.equal(value?.attempt, 1);
  assert.equal(value?.settle({ kind: "ack" }), undefined);
});

test("one timer serves all deliveries of a group, and goes when it rests", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a", options);
  for (let sent = 0; sent < 100; sent++) {
    await connection.publisher.publish(text("a"));
  }

  const held = await orders.take(100);
  const busy = kit.clock.pending;
  for (const delivery of held) await delivery.settle({ kind: "ack" });
  const reading = orders.reader.read();
  const resting = kit.clock.pending;
  await connection.shutdown();

  assert.deepEqual([busy, resting], [1, 0]);
  assert.equal((await reading).done, true);
});

test("an ungrouped subscription has no deadline and no timer", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await connection.publisher.publish(text("a"));

  const delivery = await orders.next();
  const { pending } = kit.clock;
  await kit.clock.advance(1_000_000);

  assert.equal(pending, 0);
  assert.equal(delivery.settle({ kind: "ack" }), undefined);
});
