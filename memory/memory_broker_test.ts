import { parseAddress } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, on, rejectsWith, tap, text, waits } from "./_kit_test.ts";
import { MemoryBroker, type MemoryBrokerOptions } from "./mod.ts";

test("MemoryBroker has a name and no servers", () => {
  const broker = new MemoryBroker();

  assert.equal(broker.name, "memory");
  assert.equal(new MemoryBroker({ name: "other" }).name, "other");
  assert.deepEqual(broker.describe(), []);
});

test("MemoryBroker promises the least of its subscriptions", () => {
  const { guarantees } = new MemoryBroker();

  assert.deepEqual(guarantees, {
    ordering: "address",
    redelivery: "on-retry",
    delayedRetry: true,
    countsAttempts: true,
    releaseCounts: false,
    persistence: "while-open",
    groups: true,
    patterns: true,
    headers: true,
  });
  assert.ok(Object.isFrozen(guarantees));
});

test("MemoryBroker refuses options it does not know", () => {
  const options = { capcity: 1 } as MemoryBrokerOptions;

  assert.throws(() => new MemoryBroker(options), {
    name: "TypeError",
    message: /"capcity"/,
  });
});

test("MemoryBroker refuses numbers out of range", () => {
  const lawless: MemoryBrokerOptions[] = [
    { capacity: 0 },
    { capacity: 1.5 },
    { maxBodyBytes: 0 },
    { publishTimeoutMs: 0 },
    { publishTimeoutMs: NaN },
    { settleDeadlineMs: -1 },
    { settleDeadlineMs: Infinity },
  ];

  for (const options of lawless) {
    assert.throws(() => new MemoryBroker(options), RangeError);
  }
});

test("MemoryBroker refuses values of a wrong type", () => {
  const lawless: unknown[] = [{ capacity: "1" }, { name: 1 }, { name: "" }];

  for (const options of lawless) {
    assert.throws(
      () => new MemoryBroker(options as MemoryBrokerOptions),
      TypeError,
    );
  }
});

test("MemoryBroker takes frozen options, and ones that are undefined", () => {
  const options = Object.freeze({ name: "x", capacity: undefined });

  const broker = new MemoryBroker(options as unknown as MemoryBrokerOptions);

  assert.equal(broker.name, "x");
});

test("connect() rejects with the reason of an aborted signal", async () => {
  const reason = new Error("enough");

  const connecting = new MemoryBroker().connect({
    signal: AbortSignal.abort(reason),
  });

  await assert.rejects(connecting, reason);
});

test("connect() reports connected, and shutdown reports nothing false", async () => {
  await using kit = new Kit();

  const connection = await kit.connect();
  await connection.shutdown();

  assert.deepEqual(kit.events, [{ kind: "connected" }]);
});

test("connect() makes another connection to the same messages", async () => {
  await using kit = new Kit();
  const [one, two] = [await kit.connect(), await kit.connect()];
  const orders = await tap(one, "orders");

  await two.publisher.publish(text("orders"));

  assert.equal((await orders.next()).message.address, "orders");
});

test("MemoryBroker shares nothing with another broker", async () => {
  await using kit = new Kit();
  await using other = new Kit();
  const orders = await on(await kit.connect(), "orders");

  await (await other.connect()).publisher.publish(text("orders"));

  assert.equal((await orders.backlog()).waiting, 0);
});

test("inProcess() gives a fresh broker with the same options", async () => {
  await using kit = new Kit({ name: "mine", maxBodyBytes: 1 });
  const before = await on(await kit.connect(), "orders");

  const broker = await kit.broker.inProcess();
  await using connection = await broker.connect();
  await connection.publisher.publish(text("orders"));

  assert.equal(broker.name, "mine");
  assert.equal((await before.backlog()).waiting, 0);
  await rejectsWith(
    "too-large",
    connection.publisher.publish(text("orders", "xx")),
  );
});

test("shutdown() ends in closed, for everyone who asks", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const open = connection.state;

  const both = [connection.shutdown(), connection.shutdown()];
  await Promise.all(both);
  await connection[Symbol.asyncDispose]();

  assert.equal(open, "connected");
  assert.equal(connection.state, "closed");
  assert.equal(await connection.closed, undefined);
});

test("a connection that was shut down rejects everything with closed", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const subscription = await on(connection, "orders");
  await connection.shutdown();

  await rejectsWith("closed", connection.publisher.publish(text("orders")));
  await rejectsWith("closed", on(connection, "orders"));
  await rejectsWith(
    "closed",
    connection.request(text("orders"), { timeoutMs: 1 }),
  );
  await rejectsWith("closed", subscription.drain());
  await rejectsWith("closed", subscription.backlog());
  await subscription[Symbol.asyncDispose]();
});

test("shutdown() closes the streams of its subscriptions", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "orders");
  const reading = orders.reader.read();

  await connection.shutdown();

  assert.equal((await reading).done, true);
});

test("shutdown() leaves other connections alone", async () => {
  await using kit = new Kit();
  const [one, two] = [await kit.connect(), await kit.connect()];
  const orders = await tap(two, "orders");
  await one.publisher.publish(text("orders"));

  await one.shutdown();

  assert.equal((await orders.next()).attempt, 1);
  assert.equal(two.state, "connected");
});

test("closed stays open while the connection is", async () => {
  await using kit = new Kit();

  const { closed } = await kit.connect();

  assert.ok(await waits(closed));
});

test("subscribe() promises more to a group", async () => {
  await using kit = new Kit({ settleDeadlineMs: 1000 });
  const connection = await kit.connect();

  const alone = await on(connection, "orders");
  const grouped = await on(connection, "orders", { group: "workers" });

  assert.equal(alone.guarantees, kit.broker.guarantees);
  assert.deepEqual(grouped.guarantees, {
    ...kit.broker.guarantees,
    redelivery: "until-settled",
    settleDeadlineMs: 1000,
  });
});

test("subscribe() refuses a group without a name", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();

  await assert.rejects(on(connection, "orders", { group: "" }), TypeError);
});

test("subscribe() refuses the addresses of replies", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();

  await rejectsWith("refused", on(connection, "_reply.1.{n}"));
});

test("subscribe() rejects with the reason of an aborted signal", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const reason = new Error("enough");

  const subscribing = connection.subscribe(parseAddress("orders"), {
    signal: AbortSignal.abort(reason),
  });

  await assert.rejects(subscribing, reason);
});
