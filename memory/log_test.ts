import { channel, startAt } from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import {
  Kit,
  logTap,
  on,
  publish,
  read,
  rejectsWith,
  Tap,
  text,
  waits,
} from "./_kit_test.ts";
import { log, type MemoryLogStart } from "./mod.ts";

const retain = { messages: 100 };

test("log() reads what was published before, and then what comes", async () => {
  await using kit = new Kit({ retain });
  const connection = await kit.connect();
  await publish(connection, "1", "2");

  const orders = new Tap(await log(channel<string>("a")).open(connection));
  await publish(connection, "3");
  const got = await orders.take(3);

  assert.deepEqual(got.map(read), ["1", "2", "3"]);
  assert.deepEqual(got.map(({ attempt }) => attempt), [1, 1, 1]);
  assert.ok(await waits(orders.reader.read()));
});

test("log() gives a source of its channel, with honest guarantees", async () => {
  await using kit = new Kit({ retain });
  const connection = await kit.connect();
  const orders = channel<string>("a");

  const source = log(orders);
  const subscription = await source.open(connection);

  assert.equal(source.channel, orders);
  assert.deepEqual(source.guarantees, {
    ...kit.broker.guarantees,
    groups: false,
  });
  assert.equal(subscription.guarantees, source.guarantees);
  assert.ok(Object.isFrozen(source));
});

test("a log begins where it is told to", async () => {
  await using kit = new Kit({ retain });
  const connection = await kit.connect();
  for (const body of ["0", "10", "20"]) {
    await publish(connection, body);
    await kit.clock.advance(10);
  }
  const first = await (await logTap(connection)).next();
  const starts: Record<string, MemoryLogStart> = {
    start: "start",
    end: "end",
    position: JSON.parse(JSON.stringify(first.position)),
    "a date between": new Date(5),
    "the date itself": new Date(20),
    "a later date": new Date(21),
  };

  const found: Record<string, string[]> = {};
  for (const [name, from] of Object.entries(starts)) {
    const source = log(channel<string>("a"), { from });
    const subscription = await source.open(connection);
    await subscription.drain();
    const got = await Array.fromAsync(subscription.deliveries);
    found[name] = got.map(read);
  }

  assert.deepEqual(found, {
    start: ["0", "10", "20"],
    end: [],
    position: ["0", "10", "20"],
    "a date between": ["10", "20"],
    "the date itself": ["20"],
    "a later date": [],
  });
});

test("a log of a pattern has all its addresses in the order published", async () => {
  await using kit = new Kit({ retain });
  const connection = await kit.connect();
  for (const address of ["a.1", "b.1", "a.2", "a.1", "a.1.x"]) {
    await connection.publisher.publish(text(address, address));
  }

  const orders = await logTap(connection, "start", "a.{one}");
  await connection.publisher.publish(text("a.3", "a.3"));

  const got = await orders.take(4);
  assert.deepEqual(got.map(read), ["a.1", "a.2", "a.1", "a.3"]);
  await orders.log.seek(got[1]?.position ?? "end");
  assert.deepEqual((await orders.take(3)).map(read), ["a.2", "a.1", "a.3"]);
});

test("a retry comes back to its log, before the rest", async () => {
  await using kit = new Kit({ retain });
  const connection = await kit.connect();
  await publish(connection, "1", "2");
  const orders = await logTap(connection);

  await (await orders.next()).settle({ kind: "retry" });

  const again = await orders.next();
  assert.deepEqual([read(again), again.attempt], ["1", 2]);
  assert.equal(read(await orders.next()), "2");
});

test("startAt() opens a log at a position", async () => {
  await using kit = new Kit({ retain });
  const connection = await kit.connect();
  await publish(connection, "1", "2", "3");
  const [, second] = await (await logTap(connection)).take(2);
  const source = log(channel<string>("a"));

  const at = startAt(source, second?.position ?? { sequence: 0 });
  const orders = new Tap(await at.open(connection));

  assert.deepEqual((await orders.take(2)).map(read), ["2", "3"]);
});

test("startAt() of a position that is gone is refused, and leaves nothing open", async () => {
  await using kit = new Kit({ retain, capacity: 1 });
  const connection = await kit.connect();
  await publish(connection, "1");

  const at = startAt(log(channel<string>("a")), { sequence: 7 });
  await rejectsWith("refused", at.open(connection));

  assert.equal(connection.publisher.publish(text("a")), undefined);
});

test("log() is unsupported where nothing is retained, and for groups", async () => {
  await using kit = new Kit();
  await using keeping = new Kit({ retain });
  const source = log(channel<string>("a"));

  await rejectsWith("unsupported", source.open(await kit.connect()));
  const grouped = source.open(await keeping.connect(), { group: "workers" });
  await rejectsWith("unsupported", grouped);
});

test("log() refuses an aborted signal, reply addresses and a closed connection", async () => {
  await using kit = new Kit({ retain });
  const connection = await kit.connect();
  const source = log(channel<string>("a"));
  const reason = new Error("enough");

  const aborted = source.open(connection, {
    signal: AbortSignal.abort(reason),
  });
  await assert.rejects(aborted, reason);
  const replies = log(channel<string>("_reply.1")).open(connection);
  await rejectsWith("refused", replies);
  await connection.shutdown();
  await rejectsWith("closed", source.open(connection));
});

test("an abort ends a log", async () => {
  await using kit = new Kit({ retain });
  const connection = await kit.connect();
  const stop = new AbortController();
  const { signal } = stop;
  const orders = await log(channel<string>("a")).open(connection, { signal });
  const reading = orders.deliveries.getReader().read();

  stop.abort();

  assert.equal((await reading).done, true);
});

test("a position of any delivery opens a log there", async () => {
  await using kit = new Kit({ retain });
  const connection = await kit.connect();
  const live = new Tap(await on(connection, "a"));
  await publish(connection, "1", "2");
  const [, second] = await live.take(2);

  const orders = await logTap(connection, second?.position);

  assert.equal(read(await orders.next()), "2");
});
