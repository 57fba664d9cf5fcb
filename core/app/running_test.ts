import { test } from "@ruststream/conformance/runner";
import type { MessagingError } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { channel } from "../channel.ts";
import { subscriber } from "../subscriber.ts";
import {
  CountedSignal,
  gate,
  info,
  Kit,
  settleDown,
  waits,
} from "./_kit_test.ts";
import { run } from "./_service_test.ts";
import { RustStream } from "./ruststream.ts";

const orders = channel<{ id: number }>("orders");
const nothing = { settled: 0, returned: 0, lost: 0 };

test("Running stops by the signal of its start, and leaves no listener on it", async () => {
  const counted = new CountedSignal();
  const { running } = await run(() => {}, {}, { signal: counted.signal });
  const listened = counted.listeners;

  counted.controller.abort();
  const report = await running.stopped;

  assert.deepEqual(report, nothing);
  assert.equal(running.failure, undefined);
  assert.deepEqual([listened, counted.listeners], [1, 0]);
});

test("Running.stop() leaves no listener on the signal of its start", async () => {
  const counted = new CountedSignal();
  const { running } = await run(() => {}, {}, { signal: counted.signal });

  await running.stop();

  assert.equal(counted.listeners, 0);
});

test("Running stops when it is disposed of", async () => {
  const { memory, clock } = new Kit();
  let stopped: Promise<unknown>;
  {
    await using running = await new RustStream(info).withBroker(memory)
      .start({ clock });
    stopped = running.stopped;
    assert.equal(await waits(stopped), true);
  }

  assert.equal(await waits(stopped), false);
});

test("Running.health() is true at each moment", async () => {
  const work = gate();
  const { running, subscription, broker } = await run(() => work.promise);
  subscription.push({ id: 1 });
  await settleDown();
  const atFirst = running.health();
  broker.live.state = "reconnecting";
  const away = running.health();
  broker.live.state = "connected";
  const back = running.health();
  const stopping = running.stop();
  const atStop = running.health();
  const aborted = running.stopping.aborted;
  work.resolve();
  await stopping;

  assert.deepEqual(atFirst, {
    live: true,
    ready: true,
    brokers: { fake: "connected" },
  });
  assert.deepEqual(away, {
    live: true,
    ready: false,
    brokers: { fake: "reconnecting" },
  });
  assert.equal(back.ready, true);
  assert.deepEqual([atStop.live, atStop.ready, aborted], [true, false, true]);
  assert.deepEqual(running.health(), {
    live: false,
    ready: false,
    brokers: { fake: "closed" },
  });
});

test("Running.isIdle() knows what is in hand, and says so after the stop too", async () => {
  const { memory, clock } = new Kit();
  const work = gate();
  const running = await new RustStream(info).withBroker(
    memory,
    (b) => b.include(subscriber(orders, () => work.promise)),
  ).start({ clock });
  const before = await running.isIdle();
  await running.publisher.publish(orders, { id: 1 });
  await running.publisher.publish(orders, { id: 2 });
  const inQueue = await running.isIdle();
  await settleDown();
  const inHand = await running.isIdle();
  work.resolve();
  await settleDown();
  const after = await running.isIdle();
  await running.stop();

  assert.deepEqual([before, inQueue, inHand, after], [
    true,
    false,
    false,
    true,
  ]);
  assert.equal(await running.isIdle(), true);
});

test("Running.publisher rejects with closed after the stop", async () => {
  const { memory, clock } = new Kit();
  const running = await new RustStream(info).withBroker(memory)
    .start({ clock });
  await running.stop();

  await assert.rejects(
    running.publisher.publish(orders, { id: 1 }),
    (error: MessagingError) => error.code === "closed",
  );
});
