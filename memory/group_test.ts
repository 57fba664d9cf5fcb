import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, on, read, rejectsWith, Tap, tap, text } from "./_kit_test.ts";
import type { MemoryConnection } from "./mod.ts";

const group = "workers";

async function publish(to: MemoryConnection, count: number): Promise<string[]> {
  const bodies = Array.from({ length: count }, (_, n) => `${n}`);
  for (const body of bodies) await to.publisher.publish(text("a", body));
  return bodies;
}

test("the members of a group share, each message once", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const one = await tap(connection, "a", { group });
  const two = await tap(connection, "a", { group });
  const reading = [one.take(2), two.take(2)];

  await publish(connection, 4);

  const seen = (await Promise.all(reading)).map((some) => some.map(read));
  assert.deepEqual(seen.flat().sort(), ["0", "1", "2", "3"]);
});

test("an idle member of a group does not starve behind a busy one", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const busy = await tap(connection, "a", { group });
  const idle = await tap(connection, "a", { group });
  await publish(connection, 3);
  await busy.next();

  const rest = await idle.take(2);

  assert.deepEqual(rest.map(read), ["1", "2"]);
});

test("groups of different names, and of different addresses, get each message", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const taps = [
    await tap(connection, "a", { group }),
    await tap(connection, "a", { group: "others" }),
    await tap(connection, "{any}", { group }),
  ];

  await connection.publisher.publish(text("a"));

  const got = await Promise.all(taps.map((one) => one.next()));
  assert.equal(new Set(got.map(({ id }) => id)).size, 1);
  assert.equal(new Set(got).size, 3);
});

test("a group keeps its backlog without members, over connections", async () => {
  await using kit = new Kit();
  const first = await kit.connect();
  const writer = await kit.connect();
  await on(first, "a", { group });
  await publish(writer, 1);
  await first.shutdown();
  await writer.publisher.publish(text("a", "while nobody was there"));

  const later = await tap(await kit.connect(), "a", { group });

  assert.deepEqual((await later.take(2)).map(read), [
    "0",
    "while nobody was there",
  ]);
});

test("a group gets what a connection had in hand at shutdown, with the same attempt", async () => {
  await using kit = new Kit();
  const [leaving, staying] = [await kit.connect(), await kit.connect()];
  const one = await tap(leaving, "a", { group });
  await publish(staying, 3);
  const held = await one.take(2);
  await held[0]?.settle({ kind: "ack" });
  const two = await tap(staying, "a", { group });

  await leaving.shutdown();

  const got = await two.take(2);
  assert.deepEqual(got.map(read), ["1", "2"]);
  assert.deepEqual(got.map(({ attempt }) => attempt), [1, 1]);
});

test("a group gets at shutdown what a cancelled member had in hand", async () => {
  await using kit = new Kit();
  const [leaving, staying] = [await kit.connect(), await kit.connect()];
  const one = await tap(leaving, "a", { group });
  await publish(leaving, 1);
  await one.next();
  await one.reader.cancel();
  const two = await tap(staying, "a", { group });

  await leaving.shutdown();

  assert.equal((await two.next()).attempt, 1);
});

test("shutdown gives nothing back to its own members", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const one = await tap(connection, "a", { group });
  const two = await tap(connection, "a", { group });
  await publish(connection, 1);
  await one.next();
  const reading = two.reader.read();
  await kit.clock.turn();

  await connection.shutdown();

  assert.equal((await reading).done, true);
});

test("disposing a member gives the others what it had in hand", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const one = await tap(connection, "a", { group });
  const two = await tap(connection, "a", { group });
  await publish(connection, 3);
  const [held] = await one.take(2);

  await one.subscription[Symbol.asyncDispose]();

  assert.deepEqual((await two.take(3)).map(read), ["0", "1", "2"]);
  await rejectsWith("refused", held?.settle({ kind: "ack" }));
  assert.equal(held?.extend?.(), false);
});

test("each member that waits gets some of what comes back", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const leaving = await tap(connection, "a", { group });
  await publish(connection, 2);
  await leaving.take(2);
  const staying = [
    await on(connection, "a", { group }),
    await on(connection, "a", { group }),
  ];
  const reading = staying.map((one) => one.batches(64).getReader().read());
  await kit.clock.turn();

  await leaving.subscription[Symbol.asyncDispose]();

  const got = await Promise.all(reading);
  assert.deepEqual(got.map(({ value }) => value?.map(read)), [["0"], ["1"]]);
});

test("cancelling a member gives the others what it never handed out, in order", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const one = await tap(connection, "a", { group });
  const two = await on(connection, "a", { group });
  const given = one.reader.read();
  one.reader.releaseLock();
  await assert.rejects(given, TypeError);
  await publish(connection, 3);
  const before = await two.backlog();

  await one.subscription.deliveries.cancel();

  const got = await new Tap(two).take(3);
  assert.deepEqual(before, { waiting: 3, unsettled: 0 });
  assert.deepEqual(got.map(read), ["0", "1", "2"]);
  assert.deepEqual(got.map(({ attempt }) => attempt), [1, 1, 1]);
});

test("cancelling a member leaves it what was handed out", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const one = await tap(connection, "a", { group });
  const two = await on(connection, "a", { group });
  await publish(connection, 2);
  const held = await one.take(2);

  await one.reader.cancel();

  assert.deepEqual(await two.backlog(), { waiting: 0, unsettled: 2 });
  for (const delivery of held) {
    assert.equal(delivery.extend?.(), true);
    assert.equal(delivery.settle({ kind: "ack" }), undefined);
  }
  assert.deepEqual(await two.backlog(), { waiting: 0, unsettled: 0 });
});

test("a delayed retry survives that its member leaves", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const one = await tap(connection, "a", { group });
  const two = await tap(connection, "a", { group });
  await publish(connection, 1);
  await (await one.next()).settle({ kind: "retry", afterMs: 1000 });

  await one.subscription[Symbol.asyncDispose]();
  const reading = two.next();
  await kit.clock.advance(1000);

  assert.equal((await reading).attempt, 2);
});

test("a delayed retry survives that all connections leave", async () => {
  await using kit = new Kit();
  const first = await kit.connect();
  const one = await tap(first, "a", { group });
  await publish(first, 1);
  await (await one.next()).settle({ kind: "retry", afterMs: 1000 });
  await first.shutdown();
  const timersLeft = kit.clock.pending;
  await kit.clock.advance(400);

  const two = await tap(await kit.connect(), "a", { group });
  const reading = two.next();
  await kit.clock.advance(599);
  const { waiting } = await two.subscription.backlog();
  await kit.clock.advance(1);

  assert.equal(timersLeft, 0);
  assert.equal(waiting, 1);
  assert.equal((await reading).attempt, 2);
});

test("a delayed retry keeps its distance when it goes over to another clock", async () => {
  await using kit = new Kit();
  await using other = new Kit();
  await other.clock.advance(1_000_000);
  const first = await kit.connect();
  const one = await tap(first, "a", { group });
  await publish(first, 1);
  await (await one.next()).settle({ kind: "retry", afterMs: 1000 });
  await using second = await kit.broker.connect({ clock: other.clock });
  const two = await tap(second, "a", { group });
  await first.shutdown();
  const reading = two.next();

  await other.clock.advance(999);
  const { waiting } = await two.subscription.backlog();
  await other.clock.advance(1);

  assert.equal(waiting, 1);
  assert.equal((await reading).attempt, 2);
  await second.shutdown();
});

test("drain() leaves the group what did not arrive", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const one = await tap(connection, "a", { group });
  const two = await tap(connection, "a", { group });
  await publish(connection, 3);
  await one.next();

  await one.subscription.drain();

  assert.equal((await one.reader.read()).done, true);
  assert.deepEqual((await two.take(2)).map(read), ["1", "2"]);
});
