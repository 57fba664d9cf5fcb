import {
  ack,
  batchSubscriber,
  channel,
  type Outcome,
  reject,
  retry,
} from "@ruststream/core";
import { MemoryBroker } from "@ruststream/memory";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Gauge, Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const backoff = { initialMs: 10, maxMs: 10, jitter: false };

test("batchSubscriber() takes what has arrived, at most max", async () => {
  await using kit = new Kit();
  const batches: number[][] = [];
  await kit.start(
    batchSubscriber(
      orders,
      { max: 4 },
      (batch) => void batches.push(batch.map(({ payload }) => payload.id)),
    ),
  );

  await kit.pushMany(10);
  kit.push({ id: 11 });
  await kit.turns();

  assert.deepEqual(batches, [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10], [11]]);
  assert.equal(kit.settled.length, 11);
});

test("waitMs waits that long after the first element for more, on the clock", async () => {
  await using kit = new Kit();
  const batches: string[] = [];
  await kit.start(
    batchSubscriber(
      orders,
      { max: 3, waitMs: 100 },
      (batch) => void batches.push(`${batch.length} at ${kit.clock.now()}`),
    ),
  );

  kit.push({ id: 1 });
  await kit.clock.advance(60);
  kit.push({ id: 2 });
  await kit.clock.advance(39);
  const before = [...batches];
  await kit.clock.advance(1);
  await kit.pushMany(3);

  assert.deepEqual(before, []);
  assert.deepEqual(batches, ["2 at 100", "3 at 100"]);
  assert.equal(kit.clock.pending, 0);
});

test("an element sees its payload, address, headers and attempt", async () => {
  await using kit = new Kit();
  const seen: unknown[] = [];
  await kit.start(
    batchSubscriber(orders, { max: 2 }, (batch) => {
      for (const { payload, address, headers, attempt } of batch) {
        const { get } = headers as { get(name: string): string | undefined };
        seen.push([payload.id, address, get.call(headers, "x"), attempt]);
      }
    }),
  );

  kit.push({ id: 1 }, { headers: { X: "7" }, attempt: 3 });
  kit.push({ id: 2 });
  await kit.turns();

  assert.deepEqual(seen, [[1, "orders", "7", 3], [2, "orders", undefined, 1]]);
});

test("elements that do not decode leave first, by their own policy", async () => {
  await using kit = new Kit();
  const batches: number[][] = [];
  await kit.start(
    batchSubscriber(
      orders,
      { max: 4 },
      (batch) => void batches.push(batch.map(({ payload }) => payload.id)),
    ),
  );

  kit.push({ id: 1 });
  kit.push(undefined, { body: new Uint8Array() });
  kit.push({ id: 3 });
  await kit.turns();

  assert.deepEqual(batches, [[1, 3]]);
  assert.ok(kit.settled[0]?.startsWith("2 reject"));
  assert.deepEqual(kit.codes, ["undecodable"]);
});

test("a batch of nothing but what does not decode never reaches the handler", async () => {
  await using kit = new Kit();
  let ran = 0;
  await kit.start(batchSubscriber(orders, { max: 2 }, () => void ran++));

  for (const _ of [1, 2, 3]) kit.push(undefined, { body: new Uint8Array() });
  await kit.turns();

  assert.equal(ran, 0);
  assert.equal(kit.settled.length, 3);
});

for (
  const what of ["throws", "rejects", "gets junk from a middleware"] as const
) {
  test(`a batch that ${what} is retried element by element, so one bad one holds up no other`, async () => {
    await using kit = new Kit();
    const batches: string[] = [];
    await kit.start(
      batchSubscriber(orders, {
        max: 4,
        group: "g",
        retry: { maxAttempts: 3, backoff },
        middleware: [(next) => (ctx) => {
          const { payload } = ctx as unknown as {
            payload: { payload: Order; attempt: number }[];
          };
          const ids = payload.map((e) => `${e.payload.id}/${e.attempt}`);
          batches.push(ids.join(" "));
          if (!payload.some((e) => e.payload.id === 2)) return next(ctx);
          if (what === "throws") throw new Error("bad");
          return what === "rejects"
            ? Promise.reject(new Error("bad"))
            : 7 as unknown as Outcome;
        }],
      }, () => {}),
      {},
      new MemoryBroker(),
    );

    // The reader that waits takes the first alone.
    for (const id of [1, 2, 3, 4]) {
      void kit.running?.publisher.publish(orders, { id });
    }
    await kit.clock.advance(10);
    for (const id of [5, 6, 7]) {
      void kit.running?.publisher.publish(orders, { id });
    }
    await kit.clock.advance(1_000);

    assert.deepEqual(batches, [
      ...["1/1", "2/1 3/1 4/1", "2/2", "3/2", "4/2"],
      ...["5/1", "6/1 7/1", "2/3"],
    ]);
    assert.equal(await kit.running?.isIdle(), true);
  });
}

test("a wrong number of outcomes retries all, and is told as an error", async () => {
  await using kit = new Kit();
  await kit.start(
    batchSubscriber(orders, { max: 3, retry: { backoff } }, () => [ack()]),
  );

  await kit.pushMany(3);

  assert.deepEqual(kit.settled, ["1 retry 10", "2 retry 10", "3 retry 10"]);
  assert.deepEqual(kit.codes, ["batch-mismatch"]);
  assert.equal(kit.notices[0]?.level, "error");
});

for (
  const [what, returned] of [
    ["a value", 7],
    ["a list of something else", [1, 2]],
    ["null", null],
  ] as const
) {
  test(`a batch handler that returns ${what} has failed`, async () => {
    await using kit = new Kit({ delayedRetry: false });
    const sizes: number[] = [];
    await kit.start(
      batchSubscriber(orders, { max: 2, retry: { backoff, maxAttempts: 2 } }, (
        batch,
      ) => {
        sizes.push(batch.length);
        return returned as unknown as Outcome;
      }),
    );

    await kit.pushMany(2);
    await kit.clock.advance(100);

    assert.deepEqual(sizes, [2, 1, 1]);
    assert.deepEqual(kit.codes, ["rejected", "rejected"]);
  });
}

test("each element ends by its own outcome, with its own work for after", async () => {
  await using kit = new Kit();
  const ran: string[] = [];
  const note = (what: string) => () => void ran.push(what);
  await kit.start(
    batchSubscriber(orders, {
      max: 3,
      middleware: [
        (next) => async (ctx) => (await next(ctx)).andAfter(note("all")),
      ],
    }, () => [
      ack().andAfter(note("first")),
      retry({ afterMs: 5 }),
      reject("no").andAfter(note("third")),
    ]),
  );

  await kit.pushMany(3);

  assert.deepEqual(kit.settled, ["1 ack", "2 retry 5", "3 reject no"]);
  assert.deepEqual(ran, ["first", "third", "all"]);
});

test("one outcome is for all elements, its work for after runs once", async () => {
  await using kit = new Kit();
  let ran = 0;
  await kit.start(
    batchSubscriber(
      orders,
      { max: 3 },
      () => reject("no").andAfter(() => void ran++),
    ),
  );

  await kit.pushMany(3);

  assert.deepEqual(kit.settled, ["1 reject no", "2 reject no", "3 reject no"]);
  assert.equal(ran, 1);
});

test("concurrency is that of batches", async () => {
  await using kit = new Kit();
  const gauge = new Gauge();
  const sizes: number[] = [];
  await kit.start(
    batchSubscriber(orders, { max: 5, concurrency: 3 }, async (batch) => {
      gauge.enter();
      sizes.push(batch.length);
      await kit.clock.sleep(10);
      gauge.leave();
    }),
  );

  await kit.pushMany(50);
  await kit.clock.advance(1_000);

  assert.equal(gauge.most, 3);
  assert.deepEqual(sizes, Array(10).fill(5));
});

test("while a batch runs, no more than the next one is read", async () => {
  await using kit = new Kit();
  const gate = Promise.withResolvers<void>();
  await kit.start(batchSubscriber(orders, { max: 10 }, () => gate.promise));

  await kit.pushMany(100);

  assert.equal(kit.subscriptions[0]?.buffer.size, 80);
  gate.resolve();
  await kit.turns();
  assert.equal(kit.settled.length, 100);
});
