import { test } from "@ruststream/conformance/runner";
import { VirtualClock } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import { Kit, on, read, rejectsWith, Tap, tap, text } from "./_kit_test.ts";

const at = (timeMs: number): Date => new Date(timeMs);

test("schedule() publishes at its time, and not sooner", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await connection.publisher.schedule(text("a", "later"), at(1_000));

  await kit.clock.advance(999);
  const { waiting } = await orders.subscription.backlog();
  await kit.clock.advance(1);
  const delivery = await orders.next();

  assert.equal(waiting, 0);
  assert.equal(read(delivery), "later");
  assert.equal(delivery.publishedAt.getTime(), 1_000);
});

test("schedule() keeps the order of times, and of one time that of the calls", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  for (const [body, timeMs] of [["3", 20], ["1", 10], ["2", 10]] as const) {
    await connection.publisher.schedule(text("a", body), at(timeMs));
  }

  await kit.clock.advance(30);

  assert.deepEqual((await orders.take(3)).map(read), ["1", "2", "3"]);
});

test("schedule() publishes now what is past or due", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await kit.clock.advance(10);

  await connection.publisher.schedule(text("a", "past"), at(1));
  await connection.publisher.schedule(text("a", "due"), at(10));

  assert.equal(kit.clock.pending, 0);
  assert.deepEqual((await orders.take(2)).map(read), ["past", "due"]);
});

test("schedule() checks and copies at once", async () => {
  await using kit = new Kit({ maxBodyBytes: 3 });
  const connection = await kit.connect();
  const { publisher } = connection;
  const orders = await tap(connection, "a");
  const message = text("a", "one");

  await rejectsWith("too-large", publisher.schedule(text("a", "four"), at(5)));
  await assert.rejects(publisher.schedule(text("a b"), at(5)), TypeError);
  await assert.rejects(
    publisher.schedule(text("a"), 5 as unknown as Date),
    TypeError,
  );
  await assert.rejects(publisher.schedule(text("a"), at(NaN)), RangeError);
  await publisher.schedule(message, at(5));
  message.body.fill(0);
  await kit.clock.advance(5);

  assert.equal(read(await orders.next()), "one");
  assert.equal((await orders.subscription.backlog()).waiting, 0);
});

test("schedule() takes as many as a queue holds", async () => {
  await using kit = new Kit({ capacity: 1 });
  const { publisher } = await kit.connect();
  await publisher.schedule(text("a"), at(5));

  await rejectsWith("overloaded", publisher.schedule(text("a"), at(5)));
  await kit.clock.advance(5);

  assert.equal(await publisher.schedule(text("a"), at(10)), undefined);
});

test("a scheduled message outlives its connection, on the clock of another", async () => {
  await using kit = new Kit();
  const [one, two] = [await kit.connect(), await kit.connect()];
  const orders = await tap(two, "a");
  await one.publisher.schedule(text("a"), at(100));

  await one.shutdown();
  const { pending } = kit.clock;
  await kit.clock.advance(100);

  assert.equal(pending, 1);
  assert.equal((await orders.next()).publishedAt.getTime(), 100);
});

test("a scheduled message waits for the next connection when the last one is gone", async () => {
  await using kit = new Kit();
  const one = await kit.connect();
  for (const timeMs of [100, 200]) {
    await one.publisher.schedule(text("a", `${timeMs}`), at(timeMs));
  }

  await one.shutdown();
  const { pending } = kit.clock;
  await kit.clock.advance(150);
  const orders = await tap(await kit.connect(), "a");
  await kit.clock.advance(0);
  const late = await orders.next();
  const { waiting } = await orders.subscription.backlog();
  await kit.clock.advance(50);

  assert.equal(pending, 0);
  assert.deepEqual([read(late), late.publishedAt.getTime()], ["100", 150]);
  assert.equal(waiting, 0);
  assert.equal(read(await orders.next()), "200");
});

test("a scheduled message is due on the clock of its own connection", async () => {
  await using kit = new Kit();
  const ahead = new VirtualClock({ startMs: 1_000 });
  await using other = await kit.broker.connect({ clock: ahead });
  const orders = await on(await kit.connect(), "a");

  await other.publisher.schedule(text("a"), at(1_010));
  await ahead.advance(10);

  assert.equal((await orders.backlog()).waiting, 1);
});

test("a scheduled message waits for room without end", async () => {
  await using kit = new Kit({ capacity: 1, publishTimeoutMs: 10 });
  const connection = await kit.connect();
  const orders = await on(connection, "a", { group: "workers" });
  await connection.publisher.publish(text("a", "1"));
  await connection.publisher.schedule(text("a", "2"), at(5));

  await kit.clock.advance(1_000);
  await rejectsWith(
    "overloaded",
    connection.publisher.schedule(text("a"), at(2_000)),
  );
  await connection.shutdown();
  await orders.deliveries.cancel();

  const again = new Tap(
    await on(await kit.connect(), "a", { group: "workers" }),
  );
  assert.deepEqual((await again.take(2)).map(read), ["1", "2"]);
});

test("schedule() rejects with closed after shutdown, and leaves no timer", async () => {
  await using kit = new Kit();
  const { publisher } = await kit.connect();
  await publisher.schedule(text("a"), at(5));

  await kit[Symbol.asyncDispose]();

  assert.equal(kit.clock.pending, 0);
  await rejectsWith("closed", publisher.schedule(text("a"), at(5)));
});

test("a scheduled reply answers its request", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const asks = await tap(connection, "ask");
  const asked = connection.request(text("ask"), { timeoutMs: 1000 });
  const { replyTo = "" } = await asks.next();

  await connection.publisher.schedule(text(replyTo, "answer"), at(500));
  await kit.clock.advance(500);

  assert.equal(read(await asked), "answer");
});

test("a connection that failed does not take a scheduled message with it", async () => {
  await using kit = new Kit();
  const one = await kit.connect();
  await one.publisher.schedule(text("a"), at(5));
  await one.shutdown();
  const failing = kit.broker.connect({
    clock: new VirtualClock(),
    report: () => {
      throw new Error("boom");
    },
  });
  await assert.rejects(failing, /boom/);

  const orders = await tap(await kit.connect(), "a");
  await kit.clock.advance(5);

  assert.equal(read(await orders.next()), "x");
});

test("schedule() rejects with the reason of an aborted signal, and keeps nothing", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await on(connection, "a");
  const reason = new Error("enough");
  const options = { signal: AbortSignal.abort(reason) };
  const { publisher } = connection;

  const later = publisher.schedule(text("a"), at(1_000), options);
  const past = publisher.schedule(text("a"), at(0), options);

  await assert.rejects(later, reason);
  await assert.rejects(past, reason);
  assert.equal(kit.clock.pending, 0);
  assert.equal((await orders.backlog()).waiting, 0);
});

test("schedule() of what is due and waits for room obeys its signal", async () => {
  await using kit = new Kit({ capacity: 1 });
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  const stop = new AbortController();
  const reason = new Error("enough");
  const { signal } = stop;
  await connection.publisher.publish(text("a", "1"));
  const waiting = connection.publisher.schedule(text("a", "2"), at(0), {
    signal,
  });

  stop.abort(reason);

  await assert.rejects(waiting, reason);
  await connection.publisher.schedule(text("a", "3"), at(1_000));
  assert.equal(read(await orders.next()), "1");
  await kit.clock.advance(1_000);
  assert.equal(read(await orders.next()), "3");
});

test("schedule() is not taken back by a later abort", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  const stop = new AbortController();
  const { signal } = stop;
  await connection.publisher.schedule(text("a", "kept"), at(10), { signal });

  stop.abort(new Error("too late"));
  await kit.clock.advance(10);

  assert.equal(read(await orders.next()), "kept");
});
