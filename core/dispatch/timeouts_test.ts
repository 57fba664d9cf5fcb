import {
  batchSubscriber,
  channel,
  retry,
  type Settings,
  subscriber,
} from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const backoff = { initialMs: 5, maxMs: 5, jitter: false };
const timed: Settings = {
  timeoutMs: 100,
  abandonMs: 50,
  retry: { backoff },
};

test("timeoutMs aborts the signal, with a reason that says so", async () => {
  await using kit = new Kit();
  const aborted: unknown[] = [];
  await kit.start(
    subscriber(
      orders,
      timed,
      (_order, { signal }) =>
        new Promise<void>((resolve) => {
          signal.addEventListener("abort", () => {
            aborted.push(kit.clock.now(), (signal.reason as Error).name);
            resolve();
          });
        }),
    ),
  );

  kit.push({ id: 1 });
  await kit.clock.advance(99);
  const before = [...aborted];
  await kit.clock.advance(1);

  assert.deepEqual(before, []);
  assert.deepEqual(aborted, [100, "TimeoutError"]);
  assert.deepEqual(kit.settledAt, ["100: 1 ack"]);
  assert.deepEqual(kit.codes, ["timed-out"]);
});

test("a signal that is asked for after the timeout is aborted already", async () => {
  await using kit = new Kit();
  const seen: boolean[] = [];
  await kit.start(
    subscriber(orders, timed, async (_order, ctx) => {
      await kit.clock.sleep(120);
      seen.push(ctx.signal.aborted);
    }),
  );

  kit.push({ id: 1 });
  await kit.clock.advance(120);

  assert.deepEqual(seen, [true]);
});

test("a handler that returns between its timeout and its abandonment counts as returned", async () => {
  await using kit = new Kit();
  await kit.start(
    subscriber(orders, timed, async () => {
      await kit.clock.sleep(149);
      return retry({ afterMs: 7 });
    }),
  );

  kit.push({ id: 1 });
  await kit.clock.advance(500);

  assert.deepEqual(kit.settledAt, ["149: 1 retry 7"]);
  assert.deepEqual(kit.codes, ["timed-out"]);
});

test("a handler that goes on is abandoned: told, then the policy, and its late result is dropped", async () => {
  await using kit = new Kit();
  const gate = Promise.withResolvers<void>();
  await kit.start(subscriber(orders, timed, () => gate.promise));

  kit.push({ id: 1 });
  await kit.clock.advance(149);
  const before = [...kit.settled];
  await kit.clock.advance(1);
  const after = [...kit.settled];
  gate.resolve();
  await kit.turns();

  assert.deepEqual(before, []);
  assert.deepEqual(after, ["1 retry 5"]);
  assert.deepEqual(kit.settled, after);
  assert.deepEqual(kit.codes, ["timed-out", "abandoned"]);
  assert.equal(kit.notices[1]?.level, "error");
});

test("a handler that is abandoned and throws later harms nothing", async () => {
  await using kit = new Kit();
  const gate = Promise.withResolvers<void>();
  await kit.start(subscriber(orders, timed, () => gate.promise));

  kit.push({ id: 1 });
  await kit.clock.advance(150);
  gate.reject(new Error("late"));
  await kit.turns();

  assert.deepEqual(kit.settled, ["1 retry 5"]);
});

for (const concurrency of [1, 2]) {
  test(`a slot is kept until abandonment, and free then, concurrency ${concurrency}`, async () => {
    await using kit = new Kit();
    const started: string[] = [];
    await kit.start(
      subscriber(orders, { ...timed, concurrency }, ({ id }) => {
        started.push(`${id} at ${kit.clock.now()}`);
        return new Promise<void>(() => {});
      }),
    );

    await kit.pushMany(2 * concurrency);
    await kit.clock.advance(150);

    const late = Array.from(
      { length: concurrency },
      (_, n) => `${concurrency + n + 1} at 150`,
    );
    assert.deepEqual(started.slice(concurrency), late);
    await kit.clock.advance(150);
  });
}

test("a key is kept until abandonment, and its delivery is not run again before", async () => {
  await using kit = new Kit();
  const started: string[] = [];
  await kit.start(
    subscriber(orders, {
      ...timed,
      orderBy: ({ key = "" }) => key,
      concurrency: 4,
      retry: { backoff, maxAttempts: 2 },
    }, ({ id }) => {
      started.push(`${id} at ${kit.clock.now()}`);
      return id === 1 ? new Promise<void>(() => {}) : undefined;
    }),
  );

  await kit.pushMany(2, () => "a");
  await kit.clock.advance(1_000);

  assert.deepEqual(started, ["1 at 0", "1 at 155", "2 at 305"]);
  assert.equal(kit.settled.length, 2);
});

test("abandonMs is 10 s by default", async () => {
  await using kit = new Kit();
  await kit.start(
    subscriber(
      orders,
      { timeoutMs: 100, retry: { backoff } },
      () => new Promise<void>(() => {}),
    ),
  );

  kit.push({ id: 1 });
  await kit.clock.advance(20_000);

  assert.deepEqual(kit.settledAt, ["10100: 1 retry 5"]);
});

test("timeouts of many are each told at their own time", async () => {
  await using kit = new Kit();
  const aborted: string[] = [];
  await kit.start(
    subscriber(
      orders,
      { ...timed, concurrency: 10 },
      ({ id }, { signal }) =>
        new Promise<void>((resolve) =>
          signal.addEventListener("abort", () => {
            aborted.push(`${id} at ${kit.clock.now()}`);
            resolve();
          })
        ),
    ),
  );

  for (let id = 1; id <= 4; id++) {
    kit.push({ id });
    await kit.clock.advance(30);
  }
  await kit.clock.advance(1_000);

  assert.deepEqual(aborted, ["1 at 100", "2 at 130", "3 at 160", "4 at 190"]);
});

test("a batch has one timeout, and when it is abandoned its elements go alone", async () => {
  await using kit = new Kit();
  const sizes: number[] = [];
  await kit.start(
    batchSubscriber(orders, { ...timed, max: 3 }, (batch) => {
      sizes.push(batch.length);
      return sizes.length === 1 ? new Promise<void>(() => {}) : undefined;
    }),
  );

  await kit.pushMany(3);
  await kit.clock.advance(1_000);

  assert.deepEqual(sizes, [3, 1, 1, 1]);
  assert.deepEqual(kit.codes, ["timed-out", "abandoned"]);
  assert.deepEqual(kit.settledAt, ["155: 1 ack", "155: 2 ack", "155: 3 ack"]);
});

test("stop() leaves a handler that hangs after drainMs, its signal aborted and its delivery given back", async () => {
  await using kit = new Kit();
  const aborted: unknown[] = [];
  const gate = Promise.withResolvers<void>();
  await kit.start(
    subscriber(orders, (_order, { signal }) => {
      signal.addEventListener(
        "abort",
        () => aborted.push((signal.reason as Error).name),
      );
      return gate.promise;
    }),
  );
  kit.push({ id: 1 });
  await kit.turns();

  const [report, took] = await kit.stop({ drainMs: 500 });
  gate.resolve();
  await kit.turns();

  assert.equal(took, 500);
  assert.deepEqual(aborted, ["AbortError"]);
  assert.deepEqual(kit.settled, ["1 release"]);
  assert.deepEqual(report, { settled: 0, returned: 1, lost: 0 });
});
