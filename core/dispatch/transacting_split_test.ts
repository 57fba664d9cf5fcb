import { test } from "@ruststream/conformance/runner";
import {
  ack,
  batchSubscriber,
  type Outcome,
  reject,
  reply,
  retry,
} from "@ruststream/core";
import assert from "node:assert/strict";
import { Kit, type Order } from "./_kit_test.ts";
import {
  booking,
  Ledger,
  orders,
  quick,
  receipts,
} from "./_ledger_kit_test.ts";

test("a transactional batch with a wrong number of outcomes, or none that can be read, publishes nothing", async () => {
  await using kit = new Kit({ redelivery: "none" });
  const books = new Ledger();
  const ends: unknown[] = [[ack()], 5, [ack(), 5]];
  const { book } = booking(
    (ids) => ends.length > 0 ? ends.shift() : ids.map(() => ack()),
  );
  await kit.start(book, { mount: books.mount });

  await kit.pushMany(2);
  await kit.clock.advance(1_000);

  assert.ok(kit.codes.includes("batch-mismatch"));
  assert.equal(books.log.filter((line) => line.includes("disc")).length, 3);
  assert.deepEqual(books.visible.sort(), ["ledger 1", "ledger 2"]);
  assert.deepEqual(kit.settled.sort(), ["1 ack", "2 ack"]);
});

test("a transactional batch that goes on one by one keeps the order where that is asked for", async () => {
  for (const order of ["keep", "yield"] as const) {
    await using kit = new Kit();
    const books = new Ledger();
    const { book, runs } = booking(
      (ids): Outcome[] => ids.map((id) => id === 2 ? reject("no") : ack()),
      { retry: { order, backoff: quick } },
    );
    await kit.start(book, { mount: books.mount });

    await kit.pushMany(3);
    await kit.clock.advance(0);
    kit.push({ id: 4 });
    await kit.clock.advance(1_000);

    assert.deepEqual(runs[0], [1, 2, 3]);
    assert.deepEqual(runs.slice(1).flat(), [1, 2, 3, 4], order);
    assert.deepEqual(books.visible, ["ledger 1", "ledger 3", "ledger 4"]);
    assert.deepEqual(kit.settled, ["1 ack", "2 reject no", "3 ack", "4 ack"]);
  }
});

test("a transactional batch with keys goes on one by one, each key in its order", async () => {
  await using kit = new Kit();
  const books = new Ledger();
  const { book, runs } = booking(
    (ids) => ids.map((id) => id === 1 && ids.length > 1 ? retry() : ack()),
    {
      orderBy: (order) => (order as Order).key ?? "",
      retry: { maxAttempts: Infinity, backoff: quick },
    },
  );
  await kit.start(book, { mount: books.mount });

  await kit.pushMany(4, (n) => n % 2 === 0 ? "even" : "odd");
  await kit.clock.advance(1_000);

  const place = (id: number) => runs.slice(1).flat().indexOf(id);
  assert.deepEqual(runs[0], [1, 2]);
  assert.ok(place(1) < place(3) && place(2) < place(4));
  assert.deepEqual(books.visible.map((line) => line.slice(7)).sort(), [
    ..."1234",
  ]);
  assert.equal(kit.settled.length, 4);
});

test("the run that was split counts for nobody, though nothing is delivered again and one attempt is allowed", async () => {
  await using kit = new Kit({ redelivery: "none", countsAttempts: false });
  const books = new Ledger();
  const attempts: number[] = [];
  const book = batchSubscriber(orders, {
    max: 10,
    transactional: true,
    retry: { maxAttempts: 2, backoff: quick },
  }, (batch) => {
    attempts.push(...batch.map(({ attempt }) => attempt));
    return batch.map(() => retry());
  });
  await kit.start(book, { mount: books.mount });

  await kit.pushMany(2);
  await kit.clock.advance(1_000);

  assert.deepEqual(attempts, [1, 1, 1, 1, 2, 2]);
  assert.equal(books.visible.length, 0);
});

test("an element that was lost while its batch ran is not run again when the batch goes on one by one", async () => {
  await using kit = new Kit({ settleDeadlineMs: 1_000 });
  const books = new Ledger();
  kit.onExtend = (id) => id !== "1";
  const { book, runs } = booking(async (ids) => {
    if (ids.length === 1) return ack();
    await kit.clock.sleep(600);
    return ids.map(() => retry());
  });
  await kit.start(book, { mount: books.mount });

  await kit.pushMany(2);
  await kit.clock.advance(5_000);

  assert.deepEqual(runs, [[1, 2], [2]]);
  assert.deepEqual(kit.settled, ["2 ack"]);
});

test("a reply of a transactional batch that cannot be encoded ends its own delivery, and no other", async () => {
  await using kit = new Kit();
  const books = new Ledger();
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const { book, runs } = booking(
    (ids) => ids.map((id) => reply(id === 2 ? circle : id)),
    { reply: receipts },
  );
  await kit.start(book, { mount: books.mount });

  await kit.pushMany(3);
  await kit.clock.advance(1_000);

  assert.deepEqual(runs, [[1, 2, 3], [1], [2], [3]]);
  assert.deepEqual(books.visible, [
    "ledger 1",
    "receipts 1",
    "ledger 3",
    "receipts 3",
  ]);
  assert.deepEqual(kit.settled.map((line) => line.slice(0, 8)), [
    "1 ack",
    "2 reject",
    "3 ack",
  ]);
  assert.ok(kit.codes.includes("reply-failed"));
});
