import { test } from "@ruststream/conformance/runner";
import { VirtualClock } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import {
  FakeBroker,
  type FakeOptions,
  gate,
  info,
  never,
  Notices,
  settleDown,
  waits,
} from "./_kit_test.ts";
import { Trouble } from "./_service_test.ts";
import { RustStream } from "./ruststream.ts";
import type { Hook } from "./types.ts";

const nothing = { settled: 0, returned: 0, lost: 0 };
const boom = new Error("boom");

test("Running.stop() runs beforeStop with brokers live, afterStop without, in order", async () => {
  const { app, log, clock, broker } = new Trouble();
  const say = (what: string): Hook<undefined> => () =>
    void log.push(`${what} ${broker.live.state}`);
  app.beforeStop(say("first")).beforeStop(say("second"))
    .afterStop(say("third")).afterStop(say("fourth"));
  const running = await app.start({ clock });
  await settleDown();
  log.length = 0;

  await running.stop();

  assert.deepEqual(log, [
    "first connected",
    "second connected",
    "dispose orders",
    "shutdown fake",
    "third closed",
    "fourth closed",
  ]);
});

test("Running.stop() goes on when hooks throw, and tells it", async () => {
  const { app, log, clock, notices } = new Trouble();
  const fail = (): never => {
    throw boom;
  };
  const running = await app.beforeStop(fail)
    .beforeStop(() => void log.push("before"))
    .afterStop(() => Promise.reject(boom))
    .afterStop(() => void log.push("after"))
    .start({ clock });

  const report = await running.stop();

  assert.deepEqual(report, nothing);
  assert.deepEqual(log.filter((line) => !line.includes(" ")), [
    "before",
    "after",
  ]);
  assert.deepEqual(notices.all, [
    {
      level: "error",
      code: "hook-failed",
      message: "Cannot run a beforeStop hook",
      error: boom,
    },
    {
      level: "error",
      code: "shutdown-failed",
      message: "Cannot end an afterStop hook in order: it failed",
      error: boom,
    },
  ]);
});

test("Running.stop() waits for a beforeStop hook that hangs until the end of the drain, and runs none after it", async () => {
  const { app, log, clock } = new Trouble();
  const open = gate();
  let signal: AbortSignal | undefined;
  const running = await app.beforeStop((ctx) => {
    signal = ctx.signal;
    return open.promise;
  }).beforeStop(() => void log.push("late hook")).start({ clock });
  const stopping = running.stop({ drainMs: 500 });
  await clock.advance(499);
  assert.equal(await waits(stopping), true);
  assert.equal(signal?.aborted, false);

  await clock.advance(1);
  await stopping;
  open.resolve();
  await settleDown();

  assert.equal(signal?.aborted, true);
  assert.equal(log.includes("late hook"), false);
  assert.equal(clock.pending, 0);
});

test("Running.stop() waits five seconds for an afterStop hook that hangs, then for the next one", async () => {
  const { app, log, clock, notices } = new Trouble();
  let signal: AbortSignal | undefined;
  const running = await app.afterStop((ctx) => {
    signal = ctx.signal;
    return never();
  }).afterStop(() => void log.push("next")).start({ clock });
  const stopping = running.stop();
  await clock.advance(4_999);
  assert.equal(await waits(stopping), true);
  const before = signal?.aborted;

  await clock.advance(1);
  await stopping;

  assert.deepEqual([before, signal?.aborted], [false, true]);
  assert.equal(log.at(-1), "next");
  assert.deepEqual(notices.messages(), [
    "Cannot wait for an afterStop hook any longer: not done after 5000 ms",
  ]);
  assert.equal(clock.pending, 0);
});

const badEnds: readonly [string, FakeOptions, string][] = [
  [
    "a broker whose shutdown rejects",
    { shutdown: () => Promise.reject(boom) },
    'Cannot end broker "fake" in order: it failed',
  ],
  [
    "a broker whose shutdown hangs",
    { shutdown: never },
    'Cannot wait for broker "fake" any longer: not done after 5000 ms',
  ],
  [
    "a subscription that cannot be disposed of",
    { dispose: () => Promise.reject(boom) },
    'Cannot end the subscription of "orders" in order: it failed',
  ],
  [
    "a subscription whose disposal hangs",
    { dispose: never },
    'Cannot wait for the subscription of "orders" any longer: not done after 5000 ms',
  ],
];

for (const [what, options, message] of badEnds) {
  test(`Running.stop() gets past ${what}`, async () => {
    const trouble: Trouble = new Trouble(() => {}, options);
    const { app, clock, notices, log } = trouble;
    app.afterStop(() => void log.push("the end"));
    const running = await trouble.start();
    trouble.subscription.push({ id: 1 });
    await settleDown();

    const stopping = running.stop();
    await clock.advance(5_000);

    assert.deepEqual(await stopping, { ...nothing, settled: 1 });
    assert.deepEqual(notices.messages(), [message]);
    assert.equal(log.at(-1), "the end");
    assert.equal(running.health().live, false);
    assert.equal(clock.pending, 0);
  });
}

test("Running.stop() gets past a broker that throws where it should reject", async () => {
  const trouble: Trouble = new Trouble();
  const running = await trouble.start();
  trouble.broker.live.shutdown = () => {
    throw boom;
  };
  trouble.subscription[Symbol.asyncDispose] = () => {
    throw boom;
  };

  const report = await running.stop();

  assert.deepEqual(report, nothing);
  assert.deepEqual(trouble.notices.messages(), [
    'Cannot end the subscription of "orders" in order: it failed',
    'Cannot end broker "fake" in order: it failed',
  ]);
});

test("Running.stop() shuts the other brokers down though one hangs, the latest first", async () => {
  const log: string[] = [];
  const clock = new VirtualClock();
  const running = await new RustStream(info)
    .withBroker(new FakeBroker({ name: "one" }, log))
    .withBroker(new FakeBroker({ name: "two", shutdown: never }, log))
    .start({ clock });
  const stopping = running.stop();
  await clock.advance(5_000);

  await stopping;

  assert.deepEqual(log.slice(2), ["shutdown two", "shutdown one"]);
});

test("Running.stop() waits for handlers though a subscription cannot be drained in order", async () => {
  const work = gate();
  const trouble: Trouble = new Trouble(() => work.promise, {
    guarantees: { redelivery: "on-retry" },
    drain: () => Promise.reject(boom),
  });
  const running = await trouble.start();
  trouble.subscription.push({ id: 1 });
  await settleDown();
  const stopping = running.stop({ drainMs: 1_000 });
  assert.equal(await waits(stopping), true);

  work.resolve();
  await settleDown();
  await trouble.clock.advance(1_000);

  assert.deepEqual(await stopping, { ...nothing, settled: 1 });
  assert.deepEqual(trouble.notices.messages(), [
    'Cannot end the intake of "orders" in order: it failed',
  ]);
  assert.equal(trouble.clock.pending, 0);
});

test("Running.stop() tears the state down in reverse, whatever fails or hangs", async () => {
  const log: string[] = [];
  const clock = new VirtualClock();
  const notices = new Notices();
  const running = await new RustStream(info).observe(notices)
    .withState((stack) => {
      stack.defer(() => void log.push("first"));
      stack.defer(() => Promise.reject(boom));
      stack.defer(never);
      stack.defer(() => void log.push("last"));
    }).start({ clock });
  const stopping = running.stop();
  await clock.advance(5_000);

  await stopping;

  assert.deepEqual(log, ["last", "first"]);
  assert.deepEqual(notices.messages(), [
    "Cannot wait for the state any longer: not done after 5000 ms",
    "Cannot end the state in order: it failed",
  ]);
});
