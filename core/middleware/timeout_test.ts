import {
  ack,
  batchSubscriber,
  channel,
  consoleLogger,
  type HandlerContext,
  subscriber,
} from "@ruststream/core";
import { isMessagingError } from "@ruststream/core/contract";
import { timeout } from "@ruststream/core/middleware";
import { VirtualClock } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { atOnce, gate, Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");

test("timeout() fails the run with a timeout when its time is over, and aborts the signal with the same", async () => {
  await using kit = new Kit();
  const errors: unknown[] = [];
  const handle = subscriber(
    orders,
    { retry: { maxAttempts: 1 } },
    async (_order, ctx) => {
      try {
        await ctx.clock.sleep(1_000, ctx.signal);
      } catch (error) {
        errors.push(error, ctx.signal.reason);
        throw error;
      }
    },
  );
  await kit.start(handle, [timeout(100)]);
  await kit.publish([1]);

  await kit.clock.advance(99);
  assert.deepEqual([errors.length, kit.notices.length], [0, 0]);
  await kit.clock.advance(1);

  assert.equal(isMessagingError(errors[0], "timeout"), true);
  assert.equal(errors[1], errors[0]);
  assert.deepEqual(kit.notices.map(({ error }) => error), [errors[0]]);
  assert.match(
    String(errors[0]),
    /Cannot finish a delivery of "orders" in 100/,
  );
  assert.deepEqual(
    kit.lines.filter(({ message }) => /came to/.test(message)),
    [],
  );
});

test("timeout() lets what ends in time pass, waiting or not, and leaves no timer", async () => {
  await using kit = new Kit();
  const seen: number[] = [];
  const handle = subscriber(orders, ({ id }, ctx) => {
    seen.push(id);
    return id === 1 ? undefined : ctx.clock.sleep(99, ctx.signal);
  });
  await kit.start(handle, [timeout(100)]);

  await kit.publish([1, 2]);
  assert.equal(kit.clock.pending, 1 + 1);
  await kit.clock.advance(99);
  const pending = kit.clock.pending;
  await kit.clock.advance(1_000);

  assert.deepEqual([seen, pending, kit.notices], [[1, 2], 0, []]);
  assert.deepEqual(await kit.stop(), { settled: 2, returned: 0, lost: 0 });
});

for (
  const [what, throws] of [["a throw", true], ["a rejection", false]] as const
) {
  test(`timeout() passes ${what} on, and leaves no timer`, async () => {
    await using kit = new Kit();
    const bad = new Error("bad");
    const handle = subscriber(orders, { retry: { maxAttempts: 1 } }, () => {
      if (throws) throw bad;
      return Promise.reject(bad);
    });
    await kit.start(handle, [timeout(100)]);

    await kit.publish([1]);

    assert.deepEqual(kit.notices.map(({ error }) => error), [bad]);
    assert.equal(kit.clock.pending, 0);
  });
}

for (
  const [what, level, end] of [
    ["outcome", "warn", () => {}],
    ["error", "debug", () => {
      throw new Error("late");
    }],
  ] as const
) {
  test(`timeout() drops a late ${what}, and tells of it`, async () => {
    await using kit = new Kit();
    const late = gate();
    let runs = 0;
    const handle = subscriber(orders, { retry: atOnce }, async () => {
      runs++;
      if (runs > 1) return;
      await late.promise;
      end();
    });
    await kit.start(handle, [timeout(100)]);
    await kit.publish([1]);

    await kit.clock.advance(100);
    assert.equal(runs, 2);
    await kit.clock.advance(50);
    late.resolve();
    await kit.turns();

    assert.equal(runs, 2);
    assert.deepEqual(
      kit.said(level).filter((line) => line.includes("came to")),
      [
        'Cannot use what a delivery of "orders" came to: it ended 50 ms after its time was over',
      ],
    );
    // A retry and an ack.
    assert.deepEqual(await kit.stop(), { settled: 2, returned: 0, lost: 0 });
  });
}

test("timeout() passes an abort from outside on, and ends its own time", async () => {
  await using kit = new Kit();
  const reasons: unknown[] = [];
  const handle = subscriber(
    orders,
    { timeoutMs: 50, retry: { maxAttempts: 1 } },
    async (_order, ctx) => {
      await ctx.clock.sleep(500, ctx.signal).catch((error) => {
        reasons.push(error);
      });
      await kit.clock.sleep(200);
    },
  );
  await kit.start(handle, [timeout(100)]);
  await kit.publish([1]);

  await kit.clock.advance(50);
  assert.deepEqual(reasons.map((one) => (one as Error).name), ["TimeoutError"]);
  await kit.clock.advance(199);
  assert.deepEqual(kit.notices.map(({ code }) => code), ["timed-out"]);
  await kit.clock.advance(1);

  assert.deepEqual(await kit.stop(), { settled: 1, returned: 0, lost: 0 });
});

test("timeout() limits a batch as a whole, which then goes on one by one", async () => {
  await using kit = new Kit();
  const sizes: number[] = [];
  const handle = batchSubscriber(
    orders,
    { max: 3, waitMs: 10, retry: atOnce },
    async (batch, ctx) => {
      sizes.push(batch.length);
      if (batch.length > 1) await ctx.clock.sleep(1_000, ctx.signal);
    },
  );
  await kit.start(handle, [timeout(100)]);
  await kit.publish([1, 2, 3]);

  await kit.clock.advance(500);

  assert.deepEqual(sizes, [3, 1, 1, 1]);
  assert.deepEqual(await kit.stop(), { settled: 3, returned: 0, lost: 0 });
});

for (const ms of [0, -1, NaN, Infinity, "9" as unknown as number]) {
  test(`timeout() refuses ${typeof ms} ${ms} ms`, () => {
    assert.throws(() => timeout(ms), {
      name: "RangeError",
      message:
        /^Cannot limit a time: ms must be a finite number above 0, found/,
    });
  });
}

test("timeout() works in a chain that is called by hand", async () => {
  const clock = new VirtualClock();
  const { signal } = new AbortController();
  const ctx = { clock, signal, address: "by hand", log: consoleLogger };
  const call = (ms: number) =>
    timeout(100)(async (inside) => {
      await clock.sleep(ms, inside.signal);
      return ack();
    })(ctx as unknown as HandlerContext);

  const [soon, late] = [call(99), call(101)].map((run) => Promise.resolve(run));
  const refused = assert.rejects(late ?? Promise.resolve(), {
    code: "timeout",
    message: 'Cannot finish a delivery of "by hand" in 100 ms',
  });
  await clock.advance(99);
  assert.equal(await soon, ack());
  // The sleep of the other, and its limit.
  assert.equal(clock.pending, 2);
  await clock.advance(1);

  await refused;
  assert.equal(clock.pending, 0);
});
