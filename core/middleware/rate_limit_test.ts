import { batchSubscriber, channel, subscriber } from "@ruststream/core";
import { rateLimit, timeout } from "@ruststream/core/middleware";
import { test } from "@ruststream/conformance/runner";
import { VirtualClock } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import { atOnce, Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const range = (count: number): number[] =>
  Array.from({ length: count }, (_, n) => n + 1);

for (const concurrency of [1, 5]) {
  test(`rateLimit() lets so many a second pass with ${concurrency} at once, in order, after a burst`, async () => {
    await using kit = new Kit();
    const seen: string[] = [];
    const handle = subscriber(orders, { concurrency }, ({ id }, ctx) => {
      seen.push(`${ctx.clock.now()}: ${id}`);
    });
    await kit.start(handle, [rateLimit({ perSecond: 4, burst: 3 })]);

    await kit.publish(range(6));
    const first = [...seen];
    await kit.clock.advance(750);
    const second = seen.slice(first.length);
    // After a rest there is a burst again, and no larger one.
    await kit.clock.advance(10_000);
    await kit.publish([7, 8, 9, 10]);
    await kit.clock.advance(250);

    assert.deepEqual(first, ["0: 1", "0: 2", "0: 3"]);
    assert.deepEqual(second, ["250: 4", "500: 5", "750: 6"]);
    assert.deepEqual(seen.slice(6), [
      "10750: 7",
      "10750: 8",
      "10750: 9",
      "11000: 10",
    ]);
  });
}

test("rateLimit() has a timer for each that waits, and none when nobody does", async () => {
  await using kit = new Kit();
  const handle = subscriber(orders, { concurrency: 10 }, () => {});
  await kit.start(handle, [rateLimit({ perSecond: 1 })]);

  await kit.publish(range(10));
  const waiting = kit.clock.pending;
  await kit.clock.advance(9_000);

  assert.deepEqual([waiting, kit.clock.pending], [9, 0]);
  assert.deepEqual(await kit.stop(), { settled: 10, returned: 0, lost: 0 });
});

test("rateLimit() takes nothing of the limit for who is aborted while it waits, and lets nobody pass those before it", async () => {
  await using kit = new Kit();
  const seen: string[] = [];
  const handle = subscriber(
    orders,
    { concurrency: 4, timeoutMs: 1_500, retry: atOnce },
    ({ id }, ctx) => void seen.push(`${ctx.clock.now()}: ${id}`),
  );
  await kit.start(handle, [rateLimit({ perSecond: 1 })]);

  await kit.publish(range(4));
  await kit.clock.advance(10_000);

  // The third and the fourth time out at 1500 and line up again: one a second goes all the same.
  assert.deepEqual(seen.map((line) => line.split(":")[0]), [
    "0",
    "1000",
    "2000",
    "3000",
  ]);
  assert.deepEqual(seen.map((line) => line.split(" ")[1]).sort(), [
    "1",
    "2",
    "3",
    "4",
  ]);
});

test("rateLimit() keeps the line where one in its middle is aborted", async () => {
  await using kit = new Kit();
  const seen: string[] = [];
  const line = rateLimit({ perSecond: 1 });
  const handle = subscriber(
    orders,
    { concurrency: 4, retry: { maxAttempts: 1 } },
    ({ id }, ctx) => void seen.push(`${ctx.clock.now()}: ${id}`),
  );
  // The third one has little time.
  await kit.start(handle, [
    (next) => (ctx) =>
      (ctx.payload as Order).id === 3 ? timeout(500)(next)(ctx) : next(ctx),
    line,
  ]);

  await kit.publish(range(4));
  await kit.clock.advance(5_000);

  assert.deepEqual(seen, ["0: 1", "1000: 2", "2000: 4"]);
});

test("rateLimit() gives what waits back at the end of a drain, and leaves no timer", async () => {
  await using kit = new Kit();
  const handle = subscriber(
    orders,
    { group: "all", concurrency: 3 },
    () => {},
  );
  await kit.start(handle, [rateLimit({ perSecond: 0.01 })]);
  await kit.publish(range(3));

  const report = await kit.stop(1_000);

  assert.deepEqual(report, { settled: 1, returned: 2, lost: 0 });
  assert.equal(kit.clock.pending, 0);
});

test("rateLimit() limits each key apart", async () => {
  await using kit = new Kit();
  const seen: string[] = [];
  const handle = subscriber(orders, { concurrency: 10 }, ({ id }, ctx) => {
    seen.push(`${ctx.clock.now()}: ${id}`);
  });
  const key = ({ payload }: { payload: unknown }) =>
    String((payload as Order).id % 2);
  await kit.start(handle, [rateLimit({ perSecond: 1, key })]);

  await kit.publish(range(4));
  await kit.clock.advance(1_000);

  assert.deepEqual(seen, ["0: 1", "0: 2", "1000: 3", "1000: 4"]);
});

test("rateLimit() keeps its limits over many keys", async () => {
  await using kit = new Kit();
  const seen: string[] = [];
  const handle = subscriber(orders, { concurrency: 64 }, ({ id }, ctx) => {
    seen.push(`${ctx.clock.now()}: ${id}`);
  });
  const key = ({ payload }: { payload: unknown }) =>
    String((payload as Order).id);
  await kit.start(handle, [rateLimit({ perSecond: 1, key })]);

  await kit.publish([...range(1_500), 1]);
  const before = [...seen];
  await kit.clock.advance(1_000);

  assert.equal(new Set(before).size, 1_500);
  assert.deepEqual(seen.slice(1_500), ["1000: 1"]);
});

test("rateLimit() has who is aborted leave the line at once", async () => {
  await using kit = new Kit();
  const other = channel<Order>("other");
  await kit.start([
    subscriber(orders, { concurrency: 2 }, () => {}),
    subscriber(
      other,
      { timeoutMs: 100, retry: { maxAttempts: 1 } },
      () => {},
    ),
  ], [rateLimit({ perSecond: 0.1 })]);
  await kit.publish([1, 2]);

  await kit.publish([3], {}, "other");
  await kit.clock.advance(100);

  assert.deepEqual(kit.notices.map(({ code }) => code), [
    "timed-out",
    "rejected",
  ]);
});

test("rateLimit() lets nobody pass a batch that waits for more than one", async () => {
  await using kit = new Kit();
  const other = channel<Order>("other");
  const seen: string[] = [];
  await kit.start([
    batchSubscriber(orders, { max: 2, waitMs: 1 }, (batch, ctx) => {
      seen.push(`${ctx.clock.now()}: ${batch.length} orders`);
    }),
    subscriber(other, (_order, ctx) => {
      seen.push(`${ctx.clock.now()}: other`);
    }),
  ], [rateLimit({ perSecond: 1, burst: 2 })]);

  await kit.publish([1], {}, "other");
  await kit.publish([1, 2]);
  await kit.publish([2], {}, "other");
  await kit.clock.advance(5_000);

  assert.deepEqual(seen, ["0: other", "1000: 2 orders", "2000: other"]);
});

test("rateLimit() is one limit for all that it is put around", async () => {
  await using kit = new Kit();
  const seen: string[] = [];
  const other = channel<Order>("other");
  const note =
    (name: string) => (_o: Order, ctx: { clock: { now(): number } }) =>
      void seen.push(`${ctx.clock.now()}: ${name}`);
  await kit.start(
    [subscriber(orders, note("orders")), subscriber(other, note("other"))],
    [rateLimit({ perSecond: 1 })],
  );

  await kit.publish([1]);
  await kit.publish([1], {}, "other");
  await kit.clock.advance(1_000);

  assert.deepEqual(seen, ["0: orders", "1000: other"]);
});

test("rateLimit() counts each element of a batch, also one of more than a burst", async () => {
  await using kit = new Kit();
  const seen: string[] = [];
  const handle = batchSubscriber(
    orders,
    { max: 4, waitMs: 1 },
    (batch, ctx) => {
      seen.push(`${ctx.clock.now()}: ${batch.length}`);
    },
  );
  await kit.start(handle, [rateLimit({ perSecond: 1, burst: 2 })]);

  await kit.publish(range(4));
  await kit.clock.advance(1);
  await kit.publish([5, 6, 7, 8]);
  await kit.clock.advance(10_000);

  assert.deepEqual(seen, ["0: 4", "4000: 4"]);
});

test("rateLimit() begins anew with another clock", async () => {
  const limit = rateLimit({ perSecond: 0.001 });
  const seen: number[] = [];
  for (const run of [1, 2]) {
    await using kit = new Kit();
    const clock = new VirtualClock();
    await kit.start(
      subscriber(orders, () => void seen.push(run)),
      [limit],
      [],
      clock,
    );
    await kit.publish([run]);
    await clock.advance(0);
    await kit.stop(1_000, clock);
  }
  assert.deepEqual(seen, [1, 2]);
});

for (
  const [options, message] of [
    [{ perSecond: 0 }, /perSecond must be a finite number above 0, found 0/],
    [{ perSecond: Infinity }, /perSecond must be/],
    [{ perSecond: 1, burst: 0 }, /burst must be a whole number of at least 1/],
    [{ perSecond: 1, burst: 1.5 }, /burst must be/],
  ] as const
) {
  test(`rateLimit() refuses ${JSON.stringify(options)} ${options.perSecond}`, () => {
    assert.throws(() => rateLimit(options), { name: "RangeError", message });
  });
}

test("rateLimit() refuses a key that is no function", () => {
  assert.throws(() => rateLimit({ perSecond: 1, key: "x" as never }), {
    name: "TypeError",
    message: 'Cannot limit a rate: key must be a function, found "x"',
  });
});
