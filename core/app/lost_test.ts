import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { gate, never, settleDown, waits } from "./_kit_test.ts";
import { Trouble } from "./_service_test.ts";

const nothing = { settled: 0, returned: 0, lost: 0 };
const boom = new Error("boom");

test("Running stops by itself when its connection is gone, and says why", async () => {
  const trouble: Trouble = new Trouble();
  const running = await trouble.start();

  trouble.broker.live.break(boom);
  await running.stopped;

  assert.equal(
    running.failure?.message,
    'Cannot go on: the connection of "fake" is gone',
  );
  assert.equal(running.failure?.cause, boom);
  assert.equal(running.stopping.aborted, true);
  assert.deepEqual(trouble.notices.codes(), ["connection-lost"]);
});

test("Running keeps the first reason that it stopped by itself for", async () => {
  const trouble: Trouble = new Trouble();
  const running = await trouble.start();

  trouble.broker.live.break(boom);
  await settleDown(1);
  trouble.subscription.buffer.fail(new Error("later"));
  await running.stopped;

  assert.equal(running.failure?.cause, boom);
});

test("Running.failure stays empty where somebody asked for the stop", async () => {
  const trouble: Trouble = new Trouble(never);
  const running = await trouble.start();
  trouble.subscription.push({ id: 1 });
  await settleDown();
  const stopping = running.stop({ drainMs: 10 });

  trouble.broker.live.break(boom);
  await trouble.clock.advance(10);
  await stopping;

  assert.equal(running.failure, undefined);
});

test("Running.stop() while the broker reconnects ends in time", async () => {
  const trouble: Trouble = new Trouble(never, { settle: never });
  const running = await trouble.start();
  trouble.subscription.push({ id: 1 });
  await settleDown();
  trouble.broker.live.state = "reconnecting";

  const stopping = running.stop({ drainMs: 100 });
  await trouble.clock.advance(100);

  assert.deepEqual(await stopping, { ...nothing, returned: 1 });
  assert.equal(trouble.clock.pending, 0);
});

test("Running stops when it loses a subscription, and lets the handler in hand finish", async () => {
  const work = gate();
  const trouble: Trouble = new Trouble(() => work.promise);
  const running = await trouble.start();
  trouble.subscription.push({ id: 1 });
  await settleDown();

  trouble.subscription.buffer.fail(boom);
  await settleDown();
  const open = await waits(running.stopped);
  work.resolve();

  assert.equal(open, true);
  assert.deepEqual(await running.stopped, { ...nothing, settled: 1 });
  assert.equal(
    running.failure?.message,
    'Cannot read "orders" any more: its subscription ended by itself',
  );
  assert.equal(running.failure?.cause, boom);
  assert.deepEqual(trouble.notices.codes(), ["subscription-lost"]);
  assert.equal(trouble.clock.pending, 0);
});

test("Running opens a lost subscription again where onLost says so, each time later", async () => {
  let refused = 0;
  const seen: number[] = [];
  const trouble: Trouble = new Trouble(() => void seen.push(1), {
    subscribe: (make) => {
      if (trouble.broker.live.subscriptions.length > 0 && refused < 2) {
        refused++;
        return Promise.reject(boom);
      }
      return Promise.resolve(make());
    },
  }, {
    onLost: "retry",
    retry: { backoff: { initialMs: 100, maxMs: 10_000, jitter: false } },
  });
  const { clock } = trouble;
  const running = await trouble.start();
  const first = trouble.subscription;

  first.buffer.fail(boom);
  await clock.advance(100);
  const afterOne = refused;
  await clock.advance(200);
  const afterTwo = refused;
  await clock.advance(400);
  trouble.subscription.push({ id: 1 });
  await settleDown();
  const report = await running.stop();

  assert.deepEqual([afterOne, afterTwo], [1, 2]);
  assert.notEqual(trouble.subscription, first);
  assert.deepEqual(seen, [1]);
  assert.deepEqual(report, { ...nothing, settled: 1 });
  assert.equal(running.failure, undefined);
  assert.deepEqual(trouble.broker.open, []);
  assert.equal(clock.pending, 0);
});

test("Running.stop() while a subscription waits to be opened again does not wait for it", async () => {
  const trouble: Trouble = new Trouble(() => {}, {}, { onLost: "retry" });
  const running = await trouble.start();
  trouble.subscription.buffer.fail(boom);
  await settleDown();

  await running.stop();

  assert.equal(trouble.broker.live.subscriptions.length, 1);
  assert.equal(trouble.clock.pending, 0);
});

test("Running.stop() while a subscription is being opened again gives that up, and lets go of what comes late", async () => {
  const open = gate();
  let signal: AbortSignal | undefined;
  const trouble: Trouble = new Trouble(() => {}, {
    subscribe: (make, options) => {
      signal = options.signal;
      return trouble.broker.live.subscriptions.length === 0
        ? Promise.resolve(make())
        : open.promise.then(make);
    },
  }, {
    onLost: "retry",
    retry: { backoff: { initialMs: 50, maxMs: 50, jitter: false } },
  });
  const running = await trouble.start();
  trouble.subscription.buffer.fail(boom);
  await trouble.clock.advance(50);

  await running.stop();
  const aborted = signal?.aborted;
  open.resolve();
  await settleDown();

  assert.equal(aborted, true);
  assert.equal(trouble.broker.live.subscriptions.length, 2);
  assert.deepEqual(trouble.broker.open, []);
  assert.equal(trouble.clock.pending, 0);
});
