import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { gate, never, settleDown, waits } from "./_kit_test.ts";
import { run } from "./_service_test.ts";
import type { Running } from "./types.ts";

const told =
  'Cannot finish the stop of "shop" yet: after 1000 ms "orders" still handles or settles; a handler that awaits stop() waits for itself';

/** A stop under way, and a handler that it waits for. */
async function stopInHand() {
  const work = gate();
  const service = await run(() => work.promise);
  service.subscription.push({ id: 1 });
  await settleDown();
  return { ...service, work, stopping: service.running.stop() };
}

test("Running.stop() says after a second which subscriber it waits for, once", async () => {
  const { work, stopping, clock, notices } = await stopInHand();
  await clock.advance(999);
  assert.deepEqual(notices.all, []);

  await clock.advance(1);
  await clock.advance(5_000);

  assert.deepEqual(notices.all, [
    { level: "warn", code: "stop-waits", message: told },
  ]);
  work.resolve();
  await stopping;
  assert.equal(clock.pending, 0);
});

test("Running.stop() that its own handler awaits says so, and ends with drainMs", async () => {
  const service: { running?: Running } = {};
  const { running, subscription, clock, notices } = await run(() =>
    service.running?.stop({ drainMs: 3_000 })
  );
  service.running = running;
  subscription.push({ id: 1 });
  await settleDown();

  await clock.advance(2_999);
  assert.equal(await waits(running.stopped), true);
  assert.deepEqual(notices.messages(), [told]);
  await clock.advance(1);

  assert.equal((await running.stopped).returned, 1);
});

test("Running.stop() of what ends in time says nothing", async () => {
  const { work, stopping, clock, notices } = await stopInHand();
  await clock.advance(500);

  work.resolve();
  await stopping;

  assert.equal(clock.pending, 0);
  await clock.advance(10_000);
  assert.deepEqual(notices.all, []);
});

test("Running.stop() whose drain is over at that time says nothing", async () => {
  const { running, subscription, clock, notices } = await run(never);
  subscription.push({ id: 1 });
  await settleDown();

  const stopping = running.stop({ drainMs: 1_000 });
  await clock.advance(1_000);
  await stopping;

  assert.deepEqual(notices.all, []);
});
