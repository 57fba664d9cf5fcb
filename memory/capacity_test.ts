import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import {
  Kit,
  on,
  read,
  rejectsWith,
  Tap,
  tap,
  text,
  waits,
} from "./_kit_test.ts";

test("publish() waits for room, and goes in when a reader makes some", async () => {
  await using kit = new Kit({ capacity: 1 });
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await connection.publisher.publish(text("a", "1"));
  const second = connection.publisher.publish(text("a", "2"));
  const held = await waits(second);

  const first = await orders.next();
  await second;

  assert.ok(held);
  assert.deepEqual([read(first), read(await orders.next())], ["1", "2"]);
  assert.equal(kit.clock.pending, 0);
});

test("waiting publishes go in in order, and later ones do not overtake", async () => {
  await using kit = new Kit({ capacity: 2 });
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  const sent: unknown[] = [];
  for (let n = 0; n < 10; n++) {
    sent.push(connection.publisher.publish(text("a", `${n}`)));
  }

  const got = await orders.take(10);
  await Promise.all(sent);

  assert.deepEqual(got.map(read), Array.from({ length: 10 }, (_, n) => `${n}`));
});

test("a waiting publish rejects with its signal's reason, and does not arrive", async () => {
  await using kit = new Kit({ capacity: 1 });
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  const stop = new AbortController();
  const reason = new Error("enough");
  await connection.publisher.publish(text("a", "1"));
  const second = connection.publisher.publish(text("a", "2"), {
    signal: stop.signal,
  });
  const third = connection.publisher.publish(text("a", "3"));

  stop.abort(reason);

  await assert.rejects(Promise.resolve(second), reason);
  assert.deepEqual((await orders.take(2)).map(read), ["1", "3"]);
  await third;
});

test("a waiting publish rejects with overloaded when its time is over", async () => {
  await using kit = new Kit({ capacity: 1, publishTimeoutMs: 1000 });
  const connection = await kit.connect();
  const orders = await on(connection, "a");
  await connection.publisher.publish(text("a"));
  const second = connection.publisher.publish(text("a"));
  const rejected = rejectsWith("overloaded", second);

  await kit.clock.advance(999);
  const early = await waits(second);
  await kit.clock.advance(1);

  assert.ok(early);
  await rejected;
  assert.equal((await orders.backlog()).waiting, 1);
  assert.equal(kit.clock.pending, 0);
});

test("a waiting publish rejects with closed at its connection's shutdown", async () => {
  await using kit = new Kit({ capacity: 1 });
  const [one, two] = [await kit.connect(), await kit.connect()];
  const orders = await tap(two, "a");
  await one.publisher.publish(text("a", "1"));
  const rejected = rejectsWith("closed", one.publisher.publish(text("a", "2")));
  const other = two.publisher.publish(text("a", "3"));

  await one.shutdown();

  await rejected;
  assert.deepEqual((await orders.take(2)).map(read), ["1", "3"]);
  await other;
});

test("a publish goes into all of its queues or none", async () => {
  await using kit = new Kit({ capacity: 1 });
  const connection = await kit.connect();
  const full = await tap(connection, "a");
  await connection.publisher.publish(text("a", "1"));
  const free = await on(connection, "{any}");
  const second = connection.publisher.publish(text("a", "2"));
  const before = await free.backlog();

  await full.next();
  await second;

  assert.equal(before.waiting, 0);
  assert.equal((await free.backlog()).waiting, 1);
});

test("two full queues, and publishes across them, do not stop each other for ever", async () => {
  await using kit = new Kit({ capacity: 1 });
  const connection = await kit.connect();
  const [a, b] = [await tap(connection, "a.x"), await tap(connection, "x.b")];
  const both = [
    await tap(connection, "{one}.x"),
    await tap(connection, "x.{two}"),
  ];
  const { publisher } = connection;
  const sent = ["a.x", "x.b", "x.x", "x.b", "a.x", "x.x", "x.x", "a.x"].map(
    (address) => publisher.publish(text(address)),
  );

  const reading = [a.take(3), b.take(2), both[0]?.take(6), both[1]?.take(5)];
  const got = await Promise.all(reading);
  await Promise.all(sent);

  assert.deepEqual(got.map((some) => some?.length), [3, 2, 6, 5]);
  assert.deepEqual(got[2]?.map(({ message }) => message.address), [
    "a.x",
    "x.x",
    "a.x",
    "x.x",
    "x.x",
    "a.x",
  ]);
});

test("a publish stands in line at each of its queues", async () => {
  await using kit = new Kit({ capacity: 2 });
  const connection = await kit.connect();
  const [p, q] = [
    await tap(connection, "p.{n}"),
    await tap(connection, "q.{n}"),
  ];
  const all = await tap(connection, "{all+}");
  const { publisher } = connection;
  for (const address of ["p.1", "q.1", "p.2", "q.2"]) {
    await publisher.publish(text(address));
    await all.next();
  }
  const first = publisher.publish(text("p.3"));
  const second = publisher.publish(text("q.3"));

  await q.next();
  const overtaken = !await waits(second);
  await p.next();
  await Promise.all([first, second]);

  assert.equal(overtaken, false);
  const got = (await all.take(2)).map(({ message }) => message.address);
  assert.deepEqual(got, ["p.3", "q.3"]);
});

test("whoever stands behind a publish that gives up goes in", async () => {
  await using kit = new Kit({ capacity: 1 });
  const connection = await kit.connect();
  await on(connection, "p.{n}");
  const all = await tap(connection, "{all+}");
  const { publisher } = connection;
  const stop = new AbortController();
  await publisher.publish(text("p.1"));
  await all.next();
  const first = publisher.publish(text("p.2"), { signal: stop.signal });
  const second = publisher.publish(text("q.1"));
  const before = await waits(second);

  stop.abort(new Error("enough"));
  await second;

  assert.ok(before);
  await assert.rejects(Promise.resolve(first), /enough/);
  assert.equal((await all.next()).message.address, "q.1");
});

test("a waiting publish does not wait for a subscription that ends", async () => {
  await using kit = new Kit({ capacity: 1 });
  const connection = await kit.connect();
  const full = await on(connection, "a");
  await connection.publisher.publish(text("a", "1"));
  const free = await tap(connection, "{any}");
  const sent = ["2", "3"].map((body) =>
    connection.publisher.publish(text("a", body))
  );

  await full.deliveries.cancel();
  await sent[0];

  assert.deepEqual((await free.take(2)).map(read), ["2", "3"]);
  await Promise.all(sent);
});

test("a stuck subscriber does not stop another's reading", async () => {
  await using kit = new Kit({ capacity: 100 });
  const connection = await kit.connect();
  const stuck = await on(connection, "a");
  const quick = await tap(connection, "a");

  for (let n = 0; n < 100; n++) await connection.publisher.publish(text("a"));
  await quick.take(100);
  const late = connection.publisher.publish(text("other"));

  assert.equal(late, undefined, "nor publishing where it does not read");
  assert.equal((await stuck.backlog()).waiting, 100);
});

test("what comes back goes in although the queue is full", async () => {
  await using kit = new Kit({ capacity: 1 });
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await connection.publisher.publish(text("a", "1"));
  const first = await orders.next();
  await connection.publisher.publish(text("a", "2"));

  await first.settle({ kind: "retry" });
  const third = connection.publisher.publish(text("a", "3"));

  assert.deepEqual((await orders.take(3)).map(read), ["1", "2", "3"]);
  await third;
});

test("a group without members is full one day, and says so", async () => {
  await using kit = new Kit({ capacity: 1 });
  const connection = await kit.connect();
  const workers = await on(connection, "a", { group: "workers" });
  await workers[Symbol.asyncDispose]();
  await connection.publisher.publish(text("a", "1"));
  const second = rejectsWith(
    "overloaded",
    connection.publisher.publish(text("a", "2")),
  );

  await kit.clock.advance(30_000);

  await second;
  const later = new Tap(await on(connection, "a", { group: "workers" }));
  assert.equal(read(await later.next()), "1");
});

test("65,536 messages fit into a queue by default, and one more waits", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await on(connection, "a");
  const message = text("a");

  const sent = Array.from(
    { length: 65_537 },
    () => connection.publisher.publish(message),
  );
  const last = sent.pop();
  const rejected = rejectsWith("closed", last);

  assert.ok(sent.every((answer) => answer === undefined));
  assert.ok(await waits(last));
  assert.equal((await orders.backlog()).waiting, 65_536);
  await connection.shutdown();
  await rejected;
});
