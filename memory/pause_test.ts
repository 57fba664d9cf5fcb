import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { isMessagingError } from "@ruststream/core/contract";
import { Kit, on, read, tap, text, waits } from "./_kit_test.ts";

for (const group of [undefined, "workers"]) {
  const options = group === undefined ? {} : { group };
  const who = group === undefined ? "a subscription" : "a member of a group";

  test(`pause() lets the reads of ${who} wait, and resume() gives them all that came`, async () => {
    await using kit = new Kit();
    const connection = await kit.connect();
    const orders = await tap(connection, "a", options);
    const reading = orders.next();

    orders.subscription.pause();
    orders.subscription.pause();
    for (const body of ["1", "2", "3"]) {
      await connection.publisher.publish(text("a", body));
    }
    const paused = await waits(reading);
    const backlog = await orders.subscription.backlog();
    orders.subscription.resume();
    orders.subscription.resume();

    assert.ok(paused);
    assert.deepEqual(backlog, { waiting: 3, unsettled: 0 });
    assert.equal(read(await reading), "1");
    assert.deepEqual((await orders.take(2)).map(read), ["2", "3"]);
  });

  test(`a read of ${who} that begins while it is paused waits`, async () => {
    await using kit = new Kit();
    const connection = await kit.connect();
    const orders = await on(connection, "a", options);
    for (let n = 0; n < 3; n++) await connection.publisher.publish(text("a"));

    orders.pause();
    const reading = orders.batches(2).getReader().read();
    const paused = await waits(reading);
    orders.resume();

    assert.ok(paused);
    assert.equal((await reading).value?.length, 2);
    assert.deepEqual(await orders.backlog(), { waiting: 1, unsettled: 2 });
  });
}

test("pause() leaves to the reader what was handed out", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a", { group: "workers" });
  await connection.publisher.publish(text("a", "1"));
  const held = await orders.next();

  orders.subscription.pause();

  assert.equal(held.extend?.(), true);
  assert.equal(held.settle({ kind: "retry" }), undefined);
  const reading = orders.next();
  assert.ok(await waits(reading));
  orders.subscription.resume();
  assert.equal((await reading).attempt, 2);
});

test("pause() stops what was published just before too", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const paused = await tap(connection, "a", { group: "workers" });
  const other = await tap(connection, "a", { group: "workers" });
  const reading = paused.next();

  connection.publisher.publish(text("a", "1"));
  paused.subscription.pause();
  const got = await other.next();
  const still = await waits(reading);
  paused.subscription.resume();
  await connection.publisher.publish(text("a", "2"));

  assert.deepEqual([read(got), got.attempt], ["1", 1]);
  assert.ok(still);
  assert.equal(read(await reading), "2");
});

test("pause() holds back what a read that was given up left behind", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await on(connection, "a");
  const given = orders.deliveries.getReader();
  const givenUp = given.read();
  given.releaseLock();
  await assert.rejects(givenUp, TypeError);
  await connection.publisher.publish(text("a", "1"));

  orders.pause();
  const reading = orders.batches(5).getReader().read();
  const paused = await waits(reading);
  orders.resume();

  assert.ok(paused);
  assert.deepEqual((await reading).value?.map(read), ["1"]);
});

test("a group goes on while one of its members is paused", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const paused = await tap(connection, "a", { group: "workers" });
  const other = await tap(connection, "a", { group: "workers" });
  const reading = paused.next();
  paused.subscription.pause();

  for (let n = 0; n < 3; n++) await connection.publisher.publish(text("a"));
  const got = await other.take(3);

  assert.equal(got.length, 3);
  assert.ok(await waits(reading));
  paused.subscription.resume();
  assert.ok(await waits(reading));
});

test("a paused subscription holds up publishing only when it is full", async () => {
  await using kit = new Kit({ capacity: 2 });
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  orders.subscription.pause();

  const sent = ["1", "2", "3"].map((body) =>
    connection.publisher.publish(text("a", body))
  );
  const third = await waits(sent[2]);
  orders.subscription.resume();

  assert.deepEqual(sent.slice(0, 2), [undefined, undefined]);
  assert.ok(third);
  assert.deepEqual((await orders.take(3)).map(read), ["1", "2", "3"]);
  await sent[2];
});

test("drain() of a paused subscription gives what had arrived", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  const reading = orders.next();
  orders.subscription.pause();
  for (const body of ["1", "2"]) {
    await connection.publisher.publish(text("a", body));
  }

  await orders.subscription.drain();

  assert.equal(read(await reading), "1");
  assert.equal(read(await orders.next()), "2");
  assert.equal((await orders.reader.read()).done, true);
  orders.subscription.pause();
  orders.subscription.resume();
});

test("drain() of a paused member leaves the rest to its group", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const paused = await tap(connection, "a", { group: "workers" });
  const reading = paused.reader.read();
  paused.subscription.pause();
  await connection.publisher.publish(text("a", "1"));

  await paused.subscription.drain();

  assert.equal((await reading).done, true);
  const next = await tap(connection, "a", { group: "workers" });
  assert.equal(read(await next.next()), "1");
});

for (const end of ["cancel", "dispose", "shutdown"] as const) {
  test(`${end} of a paused subscription ends its reads`, async () => {
    await using kit = new Kit();
    const connection = await kit.connect();
    const orders = await tap(connection, "a");
    const reading = orders.reader.read();
    orders.subscription.pause();
    await connection.publisher.publish(text("a"));

    await {
      cancel: () => orders.reader.cancel(),
      dispose: () => orders.subscription[Symbol.asyncDispose](),
      shutdown: () => connection.shutdown(),
    }[end]();

    assert.equal((await reading).done, true);
  });
}

test("pause() and resume() throw closed after shutdown", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await on(connection, "a");

  await connection.shutdown();

  const closed = (error: unknown) => isMessagingError(error, "closed");
  assert.throws(() => orders.pause(), closed);
  assert.throws(() => orders.resume(), closed);
});

test("a paused member's deadline passes as any other's", async () => {
  await using kit = new Kit({ settleDeadlineMs: 100 });
  const connection = await kit.connect();
  const paused = await tap(connection, "a", { group: "workers" });
  await connection.publisher.publish(text("a"));
  await paused.next();
  paused.subscription.pause();

  await kit.clock.advance(100);

  const other = await tap(connection, "a", { group: "workers" });
  assert.equal((await other.next()).attempt, 2);
});
