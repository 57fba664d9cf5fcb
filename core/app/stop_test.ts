import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { gate, never, settleDown, waits } from "./_kit_test.ts";
import { run } from "./_service_test.ts";

const nothing = { settled: 0, returned: 0, lost: 0 };

test("Running.stop() of an idle service stops at once", async () => {
  const { running, clock, broker } = await run(() => {});

  const report = await running.stop();

  assert.deepEqual(report, nothing);
  assert.deepEqual(broker.open, []);
  assert.equal(clock.pending, 0);
});

test("Running.stop() waits for the handler in hand and settles it", async () => {
  const work = gate();
  const { running, subscription, clock } = await run(() => work.promise);
  subscription.push({ id: 1 });
  await settleDown();
  const stopping = running.stop();
  assert.equal(await waits(stopping), true);

  work.resolve();

  assert.deepEqual(await stopping, { ...nothing, settled: 1 });
  assert.deepEqual(subscription.settled, ["ack"]);
  assert.equal(clock.pending, 0);
});

test("Running.stop() gives back what was read ahead of the handler, unrun", async () => {
  const work = gate();
  const seen: number[] = [];
  const { running, subscription } = await run(({ id }) => {
    seen.push(id);
    return work.promise;
  });
  for (let id = 1; id <= 3; id++) subscription.push({ id });
  await settleDown();
  const stopping = running.stop();
  await settleDown();
  const before = [...subscription.settled];
  work.resolve();

  assert.deepEqual(await stopping, { settled: 1, returned: 2, lost: 0 });
  assert.deepEqual(before, ["release", "release"]);
  assert.deepEqual(subscription.settled, ["release", "release", "ack"]);
  assert.deepEqual(seen, [1]);
});

test("Running.stop() handles what has arrived where nobody would deliver it again", async () => {
  const seen: number[] = [];
  const { running, subscription } = await run(
    ({ id }) => void seen.push(id),
    { guarantees: { redelivery: "none" } },
  );
  for (let id = 1; id <= 3; id++) subscription.push({ id });

  const report = await running.stop();

  assert.deepEqual(report, { ...nothing, settled: 3 });
  assert.deepEqual(seen, [1, 2, 3]);
});

test("Running.stop() aborts a handler that hangs after drainMs, and gives its delivery back", async () => {
  let signal: AbortSignal | undefined;
  const { running, subscription, clock, broker } = await run((_order, own) => {
    signal = own;
    return never();
  });
  subscription.push({ id: 1 });
  await settleDown();
  const stopping = running.stop({ drainMs: 1_000 });
  await clock.advance(999);
  assert.equal(await waits(stopping), true);
  assert.equal(signal?.aborted, false);

  await clock.advance(1);

  assert.deepEqual(await stopping, { ...nothing, returned: 1 });
  assert.equal(signal?.aborted, true);
  assert.equal((signal?.reason as DOMException).name, "AbortError");
  assert.deepEqual(subscription.settled, ["release"]);
  assert.deepEqual(broker.open, []);
  assert.equal(clock.pending, 0);
});

test("Running.stop() drops what a handler returns after the drain", async () => {
  const work = gate();
  const { running, subscription, clock } = await run(() => work.promise);
  subscription.push({ id: 1 });
  await settleDown();
  const stopping = running.stop({ drainMs: 0 });
  await clock.advance(0);
  const report = await stopping;

  work.resolve();
  await settleDown();

  assert.deepEqual(report, { ...nothing, returned: 1 });
  assert.deepEqual(subscription.settled, ["release"]);
});

test("Running.stop() counts as lost what nobody delivers again", async () => {
  const { running, subscription, clock } = await run(
    never,
    { guarantees: { redelivery: "none" } },
  );
  subscription.push({ id: 1 });
  await settleDown();
  const stopping = running.stop({ drainMs: 10 });
  await clock.advance(10);

  assert.deepEqual(await stopping, { ...nothing, lost: 1 });
});

test("Running.stop() waits drainMs of the start where it names none, else thirty seconds", async () => {
  const short = await run(never, {}, { drainMs: 50 });
  const long = await run(never);
  short.subscription.push({ id: 1 });
  long.subscription.push({ id: 1 });
  await settleDown();
  const first = short.running.stop();
  const second = long.running.stop();
  await short.clock.advance(49);
  await long.clock.advance(29_999);
  const before = [await waits(first), await waits(second)];
  await short.clock.advance(1);
  await long.clock.advance(1);

  assert.deepEqual(before, [true, true]);
  assert.deepEqual(await first, { ...nothing, returned: 1 });
  assert.deepEqual(await second, { ...nothing, returned: 1 });
});

test("Running.stop() waits for a settlement under way, and for no longer than the drain", async () => {
  const { running, subscription, clock } = await run(
    () => {},
    { settle: ({ kind }) => kind === "ack" ? never() : undefined },
  );
  subscription.push({ id: 1 });
  await settleDown();
  const stopping = running.stop({ drainMs: 100 });
  assert.equal(await waits(stopping), true);

  await clock.advance(100);

  assert.deepEqual(await stopping, { ...nothing, returned: 1 });
  assert.equal(clock.pending, 0);
});

test("Running.stop() waits for a release that never answers no longer than the drain", async () => {
  const { running, subscription, clock } = await run(
    never,
    { settle: never },
  );
  subscription.push({ id: 1 });
  subscription.push({ id: 2 });
  await settleDown();
  const stopping = running.stop({ drainMs: 100 });

  await clock.advance(100);

  assert.deepEqual(await stopping, { ...nothing, returned: 2 });
  assert.equal(clock.pending, 0);
});

test("Running.stop() called twice stops once, with one report", async () => {
  const { running, broker } = await run(() => {});

  const [one, two] = await Promise.all([running.stop(), running.stop()]);
  const three = await running.stop();

  assert.deepEqual([one, two, three], [nothing, nothing, nothing]);
  assert.equal(broker.log.filter((line) => line === "shutdown fake").length, 1);
});

test("Running.stop() with a shorter drainMs shortens a stop under way", async () => {
  const { running, subscription, clock } = await run(never);
  subscription.push({ id: 1 });
  await settleDown();
  const stopping = running.stop();
  await clock.advance(1_000);

  void running.stop({ drainMs: 0 });
  await clock.advance(0);

  assert.deepEqual(await stopping, { ...nothing, returned: 1 });
  assert.equal(clock.now(), 1_000);
  assert.equal(clock.pending, 0);
});

test("Running.stop() with a longer drainMs does not lengthen a stop under way", async () => {
  const { running, subscription, clock } = await run(never);
  subscription.push({ id: 1 });
  await settleDown();
  const stopping = running.stop({ drainMs: 100 });
  void running.stop({ drainMs: 60_000 });

  await clock.advance(100);

  assert.deepEqual(await stopping, { ...nothing, returned: 1 });
  assert.equal(clock.pending, 0);
});

test("Running.stop() during readyDelayMs keeps the shorter end that it asked for", async () => {
  const { running, subscription, clock } = await run(never, {}, {
    readyDelayMs: 500,
  });
  subscription.push({ id: 1 });
  await settleDown();
  const stopping = running.stop();
  void running.stop({ drainMs: 2_000 });

  await clock.advance(2_000);

  assert.deepEqual(await stopping, { ...nothing, returned: 1 });
  assert.equal(clock.pending, 0);
});

test("Running.stop() after the drain arms no timer any more", async () => {
  const open = gate();
  const { running, clock } = await run(() => {}, {
    shutdown: () => open.promise,
  });
  const stopping = running.stop();
  await settleDown();

  void running.stop({ drainMs: 1_000 });
  open.resolve();
  await stopping;

  assert.equal(clock.pending, 0);
});

test("Running.stop() takes messages for readyDelayMs while it is not ready any more", async () => {
  const seen: number[] = [];
  const { running, subscription, clock } = await run(
    ({ id }) => void seen.push(id),
    {},
    { readyDelayMs: 1_000 },
  );
  const stopping = running.stop();
  await settleDown();
  subscription.push({ id: 1 });
  await settleDown();
  const before = [...seen];
  const { ready, live } = running.health();

  await clock.advance(1_000);

  assert.deepEqual(before, [1]);
  assert.deepEqual([ready, live], [false, true]);
  assert.deepEqual(await stopping, { ...nothing, settled: 1 });
});

test("Running.stop() refuses a drainMs that is no time, and options that it does not know", async () => {
  const { running } = await run(() => {});

  await assert.rejects(
    running.stop({ drainMs: -1 }),
    /^RangeError: Cannot set the stop of "shop": "drainMs" must be a number of at least 0, found -1$/,
  );
  await assert.rejects(
    running.stop({ drain: 5 } as object),
    /^TypeError: Cannot set the stop of "shop": there is no option "drain"; the nearest is "drainMs"$/,
  );

  assert.equal(running.stopping.aborted, false);
  await running.stop();
});
