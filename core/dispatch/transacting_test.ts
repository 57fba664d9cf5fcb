import { test } from "@ruststream/conformance/runner";
import { isMessagingError } from "@ruststream/core/contract";
import { testApp } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { on } from "../app/elsewhere.ts";
import { RustStream } from "../app/ruststream.ts";
import { bytes, channel } from "../channel.ts";
import { out } from "../publish/out.ts";
import { ack, type Outcome, reject, reply, retry } from "../outcome.ts";
import { batchSubscriber } from "../subscriber.ts";

const orders = channel<number>("orders");
const ledger = channel<number>("ledger");
const receipts = channel<string>("receipts");
const dead = bytes("dead");
const info = { title: "shop", version: "1.0.0" };

/** A service whose batches book what they take, and end each as a test says. */
function booking(
  end: (order: number, batch: readonly number[]) => Outcome,
  broker = new MemoryBroker(),
) {
  const book = batchSubscriber(orders, {
    max: 10,
    waitMs: 10,
    transactional: true,
    out: { ledger: out(ledger) },
    reply: receipts,
    deadLetter: dead,
    retry: {
      maxAttempts: 2,
      backoff: { initialMs: 100, maxMs: 100, jitter: false },
    },
  }, async (batch, ctx) => {
    const all = batch.map(({ payload }) => payload);
    for (const order of all) await ctx.out.ledger.publish(order);
    return all.map((order) => end(order, all));
  });
  return {
    book,
    app: new RustStream(info).withBroker(broker, (b) => b.include(book)),
  };
}

test("a transactional batch publishes slots and replies together, once all are acked", async () => {
  const { app, book } = booking((order) => reply(`order ${order}`));
  await using t = await testApp(app);

  for (const order of [1, 2, 3]) await t.send(orders, order);
  await t.advance(10);

  t.subscriber(book).calledOnceWith([1, 2, 3]).acked();
  t.published(ledger).times(3);
  t.published(receipts).times(3);
});

test("a transactional batch that acks not all discards, goes on one by one, and no attempt is counted", async () => {
  const { app, book } = booking((order) => order === 2 ? reject("no") : ack());
  await using t = await testApp(app);

  for (const order of [1, 2, 3]) await t.send(orders, order);
  await t.advance(10);

  t.subscriber(book).calledTimes(4);
  t.published(ledger).times(2);
  const booked = t.published(ledger).messages.map(({ payload }) => payload);
  assert.deepEqual(booked, [1, 3]);
  const attempts = t.events.flatMap((event) =>
    event.kind === "settled" ? [[event.attempt, event.outcome]] : []
  );
  assert.deepEqual(attempts, [[1, "ack"], [1, "dead-letter"], [1, "ack"]]);
});

test("a transactional batch that throws discards, and follows the retry policy", async () => {
  let fails = true;
  const { app, book } = booking((order) => {
    if (order === 2 && fails) throw new Error("not yet");
    return ack();
  });
  await using t = await testApp(app);

  for (const order of [1, 2]) await t.send(orders, order);
  await t.advance(10);
  t.published(ledger).none();
  fails = false;
  await t.advance(200);

  t.published(ledger).times(2);
  t.subscriber(book).calledTimes(3);
});

test("a transactional batch of one that asks to retry discards, and is retried", async () => {
  const { app } = booking((_order, _batch) => retry());
  await using t = await testApp(app);

  await t.send(orders, 1);
  await t.advance(500);

  t.published(ledger).none();
  t.published(dead).times(1);
});

test("a reply that somebody waits for is not part of the transaction", async () => {
  const asked = channel<number>("orders");
  const there = new MemoryBroker({ name: "there" });
  const { book } = booking((order) => reply(`order ${order}`));
  const app = new RustStream(info)
    .withBroker(
      new MemoryBroker(),
      (b) => b.include(book, { transaction: on(there) }),
    )
    .withBroker(there);
  await using t = await testApp(app);

  const answer = await t.request(
    Object.assign({ reply: receipts }, asked),
    7,
    { timeoutMs: 1_000 },
  );

  assert.equal(answer, "order 7");
});

test("a transactional batch whose commit fails publishes nothing, and is retried one by one", async () => {
  const broker = new MemoryBroker();
  let commits = 0;
  const { app } = booking(ack);
  await using t = await testApp(app, {
    brokers: {
      memory: {
        ...broker,
        name: broker.name,
        guarantees: broker.guarantees,
        describe: () => broker.describe(),
        connect: async (options) => {
          const connection = await broker.connect(options);
          const begin = connection.publisher.begin.bind(connection.publisher);
          Object.defineProperty(connection.publisher, "begin", {
            value: async () => {
              const transaction = await begin();
              const commit = transaction.commit.bind(transaction);
              return Object.assign(transaction, {
                commit: () =>
                  commits++ === 0
                    ? Promise.reject(new Error("no commit"))
                    : commit(),
              });
            },
          });
          return connection;
        },
      },
    },
  });

  for (const order of [1, 2]) await t.send(orders, order);
  await t.advance(10);
  t.published(ledger).none();
  await t.advance(200);

  t.published(ledger).times(2);
  assert.equal(commits, 3);
});

test("a transactional batch may publish on another broker", async () => {
  const there = new MemoryBroker({ name: "there" });
  const { book } = booking(ack);
  const app = new RustStream(info)
    .withBroker(
      new MemoryBroker(),
      (b) => b.include(book, { transaction: on(there) }),
    )
    .withBroker(there);
  await using t = await testApp(app);

  await t.send(orders, 1);
  await t.advance(10);

  const [message] = t.published(ledger).messages;
  assert.equal(message?.broker, "there");
});

test("a transactional batch is refused where nothing begins transactions, or a slot or a sink says otherwise", async () => {
  const { book } = booking(ack);
  const raw = { confirms: "stored" as const, publish: () => {} };
  const sink = { open: () => Promise.resolve(raw) };
  const mounted = (mount: object) =>
    new RustStream(info).withBroker(
      new MemoryBroker(),
      (b) => b.include(book, mount),
    );

  await assert.rejects(
    mounted({ transaction: sink }).start(),
    (error) =>
      isMessagingError(error, "unsupported") &&
      error.message ===
        'Cannot start "orders": its batches are transactional, and their publisher lacks "begin"',
  );
  assert.throws(() => mounted({ reply: sink }), TypeError);
  assert.throws(() => mounted({ out: { ledger: sink } }), TypeError);
  assert.throws(
    () =>
      batchSubscriber(orders, {
        max: 1,
        transactional: true,
        out: { ledger: out(ledger).transactional() },
      }, () => {}),
    new TypeError(
      'Cannot make subscriber "orders": its slot "ledger" asks for a capability, and a transaction has none',
    ),
  );
  assert.throws(
    () =>
      batchSubscriber(orders, { max: 1, transactional: 1 as never }, () => {}),
    TypeError,
  );
});
