import { headers, type Message } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, on, read, rejectsWith, tap, text, waits } from "./_kit_test.ts";

test("a transaction is visible to nobody before its commit, and then all of it in order", async () => {
  await using kit = new Kit({ retain: { messages: 10 } });
  const connection = await kit.connect();
  const [a, all] = [await on(connection, "a"), await on(connection, "{any}")];
  const transaction = await connection.publisher.begin();

  const answer = transaction.publish(text("a", "1"));
  await transaction.publish(text("b", "2"));
  await transaction.publish(text("a", "3"));
  const before = [(await a.backlog()).waiting, (await all.backlog()).waiting];
  await transaction.commit();
  await Promise.all([a.drain(), all.drain()]);

  assert.equal(answer, undefined);
  assert.equal(transaction.confirms, "received");
  assert.deepEqual(before, [0, 0]);
  const seen = async (of: typeof a) =>
    (await Array.fromAsync(of.deliveries)).map(read);
  assert.deepEqual(await seen(a), ["1", "3"]);
  assert.deepEqual(await seen(all), ["1", "2", "3"]);
});

test("a transaction's messages are published when it is committed, to who is there then", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const transaction = await connection.publisher.begin();
  await transaction.publish(text("a"));

  await kit.clock.advance(50);
  const orders = await tap(connection, "a");
  await transaction.commit();

  assert.equal((await orders.next()).publishedAt.getTime(), 50);
});

test("nothing stands between the messages of a transaction", async () => {
  await using kit = new Kit({ capacity: 3 });
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  const transaction = await connection.publisher.begin();
  for (const body of ["t1", "t2", "t3"]) {
    await transaction.publish(text("a", body));
  }
  const sent = [connection.publisher.publish(text("a", "1"))];

  const committed = transaction.commit();
  sent.push(connection.publisher.publish(text("a", "2")));
  const got = await orders.take(5);
  await Promise.all([committed, ...sent]);

  assert.deepEqual(got.map(read), ["1", "t1", "t2", "t3", "2"]);
  assert.deepEqual(got.map(({ id }) => Number(id)), [1, 2, 3, 4, 5]);
});

test("a transaction checks and copies each message at once", async () => {
  await using kit = new Kit({ maxBodyBytes: 3, capacity: 2 });
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  const transaction = await connection.publisher.begin();
  const body = new TextEncoder().encode("one");
  const message: Message = Object.freeze({
    address: "a",
    body,
    headers: headers({ tag: "x" }),
  });
  await transaction.publish(message);
  body.fill(0);

  await rejectsWith("too-large", transaction.publish(text("a", "four")));
  await assert.rejects(
    Promise.resolve(transaction.publish(text("a.{b}"))),
    TypeError,
  );
  await assert.rejects(
    Promise.resolve(transaction.publish(undefined as unknown as Message)),
    TypeError,
  );
  await transaction.commit();

  const delivery = await orders.next();
  assert.equal(read(delivery), "one");
  assert.equal(delivery.message.headers?.get("tag"), "x");
  assert.equal((await orders.subscription.backlog()).waiting, 0);
});

test("a transaction holds as many messages as a queue, and one more is too large", async () => {
  await using kit = new Kit({ capacity: 2 });
  const connection = await kit.connect();
  const orders = await on(connection, "a");
  const transaction = await connection.publisher.begin();
  for (let n = 0; n < 2; n++) await transaction.publish(text("a"));

  await rejectsWith("too-large", transaction.publish(text("a")));
  await transaction.commit();

  assert.equal((await orders.backlog()).waiting, 2);
});

test("a transaction that is left without a commit publishes nothing", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await on(connection, "a");
  const transaction = await connection.publisher.begin();
  await transaction.publish(text("a"));

  await transaction[Symbol.asyncDispose]();
  await transaction[Symbol.asyncDispose]();

  assert.equal((await orders.backlog()).waiting, 0);
  await rejectsWith("closed", transaction.commit());
  await rejectsWith("closed", transaction.publish(text("a")));
});

test("a transaction that was committed takes nothing more, and is not committed twice", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await on(connection, "a");
  const transaction = await connection.publisher.begin();
  await transaction.publish(text("a"));
  await transaction.commit();

  await rejectsWith("closed", transaction.commit());
  await rejectsWith("closed", transaction.publish(text("a")));
  await transaction[Symbol.asyncDispose]();

  assert.equal((await orders.backlog()).waiting, 1);
});

test("an empty transaction commits", async () => {
  await using kit = new Kit();
  const transaction = await (await kit.connect()).publisher.begin();

  assert.equal(await transaction.commit(), undefined);
});

test("several transactions at once do not mix, and publishing beside them goes on", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  const { publisher } = connection;
  const [one, two] = [await publisher.begin(), await publisher.begin()];
  await one.publish(text("a", "one.1"));
  await two.publish(text("a", "two.1"));
  await publisher.publish(text("a", "beside"));
  await one.publish(text("a", "one.2"));
  await two.publish(text("a", "two.2"));

  await Promise.all([two.commit(), one.commit()]);

  assert.deepEqual((await orders.take(5)).map(read), [
    "beside",
    "two.1",
    "two.2",
    "one.1",
    "one.2",
  ]);
});

test("commit() waits until each queue has room for all of it", async () => {
  await using kit = new Kit({ capacity: 3 });
  const connection = await kit.connect();
  const full = await tap(connection, "a");
  const other = await on(connection, "b");
  for (const body of ["1", "2", "3"]) {
    await connection.publisher.publish(text("a", body));
  }
  const transaction = await connection.publisher.begin();
  for (const address of ["b", "a", "a"]) {
    await transaction.publish(text(address, "t"));
  }

  const committed = transaction.commit();
  await full.next();
  const stillWaits = await waits(committed);
  const { waiting } = await other.backlog();
  await full.next();
  await committed;

  assert.ok(stillWaits, "there is room for one of two");
  assert.equal(waiting, 0);
  assert.deepEqual((await full.take(3)).map(read), ["3", "t", "t"]);
  assert.equal((await other.backlog()).waiting, 1);
});

test("a small transaction does not overtake a large one that waits for room", async () => {
  await using kit = new Kit({ capacity: 2 });
  const connection = await kit.connect();
  const { publisher } = connection;
  const orders = await tap(connection, "a");
  for (const body of ["1", "2"]) await publisher.publish(text("a", body));
  const [large, small] = [await publisher.begin(), await publisher.begin()];
  for (const body of ["3", "4"]) await large.publish(text("a", body));
  await small.publish(text("a", "5"));

  const committed = [large.commit()];
  const first = await orders.next();
  committed.push(small.commit());
  const rest = await orders.take(4);
  await Promise.all(committed);

  assert.deepEqual([first, ...rest].map(read), ["1", "2", "3", "4", "5"]);
});

test("a transaction is in use by nobody else while its commit waits", async () => {
  await using kit = new Kit({ capacity: 1 });
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await connection.publisher.publish(text("a"));
  const transaction = await connection.publisher.begin();
  await transaction.publish(text("a"));

  const committed = transaction.commit();
  await rejectsWith("closed", transaction.commit());
  await rejectsWith("closed", transaction.publish(text("a")));
  await orders.take(2);

  assert.equal(await committed, undefined);
});

test("commit() that finds no room in time is overloaded, and may be tried again", async () => {
  await using kit = new Kit({ capacity: 1, publishTimeoutMs: 10 });
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await connection.publisher.publish(text("a", "1"));
  const transaction = await connection.publisher.begin();
  await transaction.publish(text("a", "2"));

  const late = rejectsWith("overloaded", transaction.commit());
  await kit.clock.advance(10);
  await late;
  await orders.next();
  await transaction.commit();

  assert.equal(read(await orders.next()), "2");
});

test("commit() rejects with its signal's reason, and leaves the transaction open", async () => {
  await using kit = new Kit({ capacity: 1 });
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await connection.publisher.publish(text("a", "1"));
  const transaction = await connection.publisher.begin();
  await transaction.publish(text("a", "2"));
  const [stop, reason] = [new AbortController(), new Error("enough")];
  const { signal } = stop;

  const aborted = assert.rejects(transaction.commit({ signal }), reason);
  stop.abort(reason);
  await aborted;
  await assert.rejects(transaction.commit({ signal }), reason);
  await orders.next();
  await transaction.commit();

  assert.equal(read(await orders.next()), "2");
});

test("a transaction's publish rejects with the reason of an aborted signal", async () => {
  await using kit = new Kit();
  const transaction = await (await kit.connect()).publisher.begin();
  const reason = new Error("enough");

  const published = transaction.publish(text("a"), {
    signal: AbortSignal.abort(reason),
  });

  await assert.rejects(Promise.resolve(published), reason);
});

test("begin() rejects with the reason of an aborted signal", async () => {
  await using kit = new Kit();
  const { publisher } = await kit.connect();
  const reason = new Error("enough");

  const begun = publisher.begin({ signal: AbortSignal.abort(reason) });

  await assert.rejects(begun, reason);
});

test("an abort discards a transaction, its waiting commit too", async () => {
  await using kit = new Kit({ capacity: 1 });
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await connection.publisher.publish(text("a", "1"));
  const [stop, reason] = [new AbortController(), new Error("enough")];
  const { signal } = stop;
  const waiting = await connection.publisher.begin({ signal });
  const open = await connection.publisher.begin({ signal });
  for (const transaction of [waiting, open]) {
    await transaction.publish(text("a"));
  }

  const committed = assert.rejects(waiting.commit(), reason);
  stop.abort(reason);
  await committed;

  await rejectsWith("closed", waiting.commit());
  await assert.rejects(open.commit(), { code: "closed", cause: reason });
  await orders.next();
  assert.equal((await orders.subscription.backlog()).waiting, 0);
});

test("a disposal discards a commit that waits", async () => {
  await using kit = new Kit({ capacity: 1 });
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await connection.publisher.publish(text("a", "1"));
  const transaction = await connection.publisher.begin();
  await transaction.publish(text("a", "2"));

  const committed = rejectsWith("closed", transaction.commit());
  await transaction[Symbol.asyncDispose]();
  await committed;
  await connection.publisher.publish(text("b"));
  await orders.next();

  assert.equal((await orders.subscription.backlog()).waiting, 0);
});

test("a commit that was let in is not undone by a disposal right after", async () => {
  await using kit = new Kit({ capacity: 1 });
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await connection.publisher.publish(text("a", "1"));
  const transaction = await connection.publisher.begin();
  await transaction.publish(text("a", "2"));
  const committed = transaction.commit();

  const both = orders.take(2);
  await transaction[Symbol.asyncDispose]();
  await committed;

  assert.deepEqual((await both).map(read), ["1", "2"]);
  await assert.rejects(transaction.commit(), { message: /it was committed$/ });
});

test("shutdown ends transactions, open or being committed", async () => {
  await using kit = new Kit({ capacity: 1 });
  const connection = await kit.connect();
  const other = await kit.connect();
  const orders = await tap(other, "a");
  const { publisher } = connection;
  await publisher.publish(text("a"));
  const [open, waiting] = [await publisher.begin(), await publisher.begin()];
  await open.publish(text("a"));
  await waiting.publish(text("a"));
  const committed = rejectsWith("closed", waiting.commit());

  await connection.shutdown();
  await committed;

  await rejectsWith("closed", open.commit());
  await rejectsWith("closed", open.publish(text("a")));
  await rejectsWith("closed", publisher.begin());
  await open[Symbol.asyncDispose]();
  await orders.next();
  assert.equal((await orders.subscription.backlog()).waiting, 0);
});

test("a reply in a transaction arrives with its commit", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const asks = await tap(connection, "ask");
  const asked = connection.request(text("ask"), { timeoutMs: 1000 });
  const { replyTo = "" } = await asks.next();
  const transaction = await connection.publisher.begin();
  await transaction.publish(text(replyTo, "answer"));

  const before = await waits(asked);
  await transaction.commit();

  assert.ok(before);
  assert.equal(read(await asked), "answer");
});
