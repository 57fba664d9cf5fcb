import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, on, read, tap, text } from "./_kit_test.ts";

test("a subscription gets what matches its address", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const expected = {
    "a.b": ["a.b"],
    "a.{one}": ["a.b", "a.c"],
    "{one}.b": ["a.b", "x.b"],
    "{all+}": ["a", "a.b", "a.c", "x.b", "a.b.c"],
    "a.{rest+}": ["a.b", "a.c", "a.b.c"],
    "a.{one}.c": ["a.b.c"],
    "b": [],
  };
  const subscriptions = await Promise.all(
    Object.keys(expected).map((template) => on(connection, template)),
  );

  for (const address of ["a", "a.b", "a.c", "x.b", "a.b.c"]) {
    await connection.publisher.publish(text(address));
  }

  const found = subscriptions.map(async (subscription) => {
    await subscription.drain();
    const got = await Array.fromAsync(subscription.deliveries);
    return got.map(({ message }) => message.address);
  });
  assert.deepEqual(await Promise.all(found), Object.values(expected));
});

test("a subscription gets nothing that was published before, all that is after", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const { publisher } = connection;
  await publisher.publish(text("a", "before"));

  const orders = await tap(connection, "{any}");
  await publisher.publish(text("a", "after"));

  assert.equal(read(await orders.next()), "after");
});

test("an ended subscription gets nothing more, the others do", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const [one, two] = [await on(connection, "a"), await on(connection, "a")];
  await connection.publisher.publish(text("a"));

  await one[Symbol.asyncDispose]();
  await connection.publisher.publish(text("a"));

  assert.equal((await one.backlog()).waiting, 0);
  assert.equal((await two.backlog()).waiting, 2);
});

test("an abort ends a subscription as a cancel does", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const stop = new AbortController();
  const orders = await tap(connection, "a", { signal: stop.signal });
  await connection.publisher.publish(text("a"));
  const held = await orders.next();
  const reading = orders.reader.read();

  stop.abort();

  assert.equal((await reading).done, true);
  assert.equal(held.settle({ kind: "ack" }), undefined);
  await connection.publisher.publish(text("a"));
  assert.equal((await orders.subscription.backlog()).waiting, 0);
});

test("drain() gives what had arrived, then closes", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  for (const body of ["1", "2", "3"]) {
    await connection.publisher.publish(text("a", body));
  }
  const held = await orders.next();
  await held.settle({ kind: "retry" });

  await Promise.all([
    orders.subscription.drain(),
    orders.subscription.drain(),
  ]);
  await connection.publisher.publish(text("a", "too late"));

  assert.deepEqual((await orders.take(3)).map(read), ["1", "2", "3"]);
  assert.equal((await orders.reader.read()).done, true);
});

test("drain() takes the publishes that wait for room with it", async () => {
  await using kit = new Kit({ capacity: 1 });
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  const sent = ["1", "2", "3"].map((body) =>
    connection.publisher.publish(text("a", body))
  );

  await orders.subscription.drain();
  await Promise.all(sent);

  assert.deepEqual((await orders.take(3)).map(read), ["1", "2", "3"]);
});

test("drain() reports the delayed retries that it cannot wait for", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await connection.publisher.publish(text("a"));
  await (await orders.next()).settle({ kind: "retry", afterMs: 1000 });

  await orders.subscription.drain();

  const [, lost] = kit.events;
  assert.deepEqual({ ...lost, detail: undefined }, {
    kind: "lost",
    count: 1,
    detail: undefined,
  });
  assert.equal(kit.clock.pending, 0);
});

test("cancel() during a drain reports what it leaves unread as lost", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await on(connection, "a");
  for (let n = 0; n < 3; n++) await connection.publisher.publish(text("a"));

  await orders.drain();
  await orders.deliveries.cancel();

  const [, lost] = kit.events;
  assert.deepEqual({ ...lost, detail: undefined }, {
    kind: "lost",
    count: 3,
    detail: undefined,
  });
});

test("an abort cuts a drain short, as a cancel does", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const stop = new AbortController();
  const orders = await tap(connection, "a", { signal: stop.signal });
  for (const body of ["1", "2", "3"]) {
    await connection.publisher.publish(text("a", body));
  }
  await orders.next();
  await orders.subscription.drain();

  stop.abort();
  const { done } = await orders.reader.read();
  await orders.reader.cancel();

  assert.equal(done, true);
  const [, lost] = kit.events;
  assert.deepEqual({ ...lost, detail: undefined }, {
    kind: "lost",
    count: 2,
    detail: undefined,
  });
});

test("a drain that was read to its end forgets its signal", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  let listeners = 0;
  const signal = {
    aborted: false,
    throwIfAborted: () => {},
    addEventListener: () => void listeners++,
    removeEventListener: () => void listeners--,
  } as unknown as AbortSignal;
  const orders = await on(connection, "a", { signal });
  const opened = listeners;

  await orders.drain();
  await Array.fromAsync(orders.deliveries);

  assert.deepEqual([opened, listeners], [1, 0]);
});

test("cancel() of an ungrouped subscription loses nothing that was wanted", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await on(connection, "a");
  await connection.publisher.publish(text("a"));

  await orders.deliveries.cancel();

  assert.deepEqual(kit.events.map(({ kind }) => kind), ["connected"]);
});

test("batches() give what has arrived, 1 to max, in order", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await on(connection, "a");
  const sent = Array.from({ length: 10 }, (_, n) => `${n}`);
  for (const body of sent) await connection.publisher.publish(text("a", body));

  await orders.drain();
  const batches = await Array.fromAsync(orders.batches(4));

  assert.deepEqual(batches.map(({ length }) => length), [4, 4, 2]);
  assert.deepEqual(batches.flat().map(read), sent);
});

test("a subscription reads nothing ahead of what was asked for", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  for (let n = 0; n < 3; n++) await connection.publisher.publish(text("a"));

  await orders.next();

  assert.deepEqual(await orders.subscription.backlog(), {
    waiting: 2,
    unsettled: 1,
  });
});

test("backlog() counts delayed retries as waiting", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await connection.publisher.publish(text("a"));

  await (await orders.next()).settle({ kind: "retry", afterMs: 1000 });

  assert.deepEqual(await orders.subscription.backlog(), {
    waiting: 1,
    unsettled: 0,
  });
});

test("a read given up swallows nothing", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  const given = orders.reader.read();
  orders.reader.releaseLock();
  await assert.rejects(given, TypeError);

  await connection.publisher.publish(text("a", "1"));
  await connection.publisher.publish(text("a", "2"));
  const got: string[] = [];
  const reader = orders.subscription.batches(1).getReader();
  for (let n = 0; n < 2; n++) got.push(read((await reader.read()).value?.[0]));

  assert.deepEqual(got, ["1", "2"]);
});
