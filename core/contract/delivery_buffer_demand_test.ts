import assert from "node:assert/strict";
import { DeliveryBuffer } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import { delivery, idle, record } from "./_kit_test.ts";

test("DeliveryBuffer.demand is what the reader that waits would take, until it is pushed", async () => {
  const told: number[] = [];
  const buffer: DeliveryBuffer = new DeliveryBuffer({
    handBack: () => {},
    onDemand: () => told.push(buffer.demand),
  });
  told.push(buffer.demand);
  const reader = buffer.batches(5).getReader();
  told.push(buffer.demand);
  const reading = reader.read();
  await idle();
  told.push(buffer.demand);

  buffer.push(delivery("a"));
  told.push(buffer.demand);
  await reading;
  told.push(buffer.demand);

  // Before, with a reader, asked, waiting, pushed, served.
  assert.deepEqual(told, [0, 0, 5, 5, 0, 0]);
});

test("DeliveryBuffer.demand is 0 once a read was given up, and the next is told anew", async () => {
  const told: number[] = [];
  const buffer = new DeliveryBuffer({
    handBack: () => {},
    onDemand: (count) => told.push(count),
  });
  const reader = buffer.batches(5).getReader();
  const reading = reader.read().catch(() => {});
  await idle();

  reader.releaseLock();
  await reading;
  const { demand } = buffer;
  const next = buffer.deliveries.getReader();
  void next.read();
  await idle();

  assert.equal(demand, 0);
  assert.equal(buffer.demand, 1);
  assert.deepEqual(told, [5, 1]);
});

for (const end of ["drain", "cancel"] as const) {
  test(`DeliveryBuffer.demand is 0 after ${end}()`, async () => {
    const { buffer } = record({});
    void buffer.deliveries.getReader().read();
    await idle();

    await buffer[end]();

    assert.equal(buffer.demand, 0);
  });

  test(`DeliveryBuffer() tells onStop of a ${end}, by the first that comes`, async () => {
    const why: string[] = [];
    const { buffer } = record({ onStop: (kind) => void why.push(kind) }, "a");

    await buffer[end]();
    await Promise.all([buffer.drain(), buffer.cancel()]);

    assert.deepEqual(why, [end]);
  });
}

test("DeliveryBuffer() tells of its end once, with the last delivery of a drain", async () => {
  const { buffer, events } = record({ onEnd: () => events.push("end") }, "a");
  await buffer.drain();
  const before = [...events];

  await buffer.deliveries.getReader().read();
  await buffer.cancel();

  assert.deepEqual(before, ["stop"]);
  assert.deepEqual(events, ["stop", "end"]);
});

test("DeliveryBuffer() tells of its end at a cancel before it stops", async () => {
  const { buffer, events } = record({ onEnd: () => events.push("end") }, "a");

  await buffer.cancel();

  assert.deepEqual(events, ["end", "stop", "back a"]);
});

test("DeliveryBuffer() tells of its end when it fails, stops nothing and asks for nothing more", async () => {
  const asked: number[] = [];
  const back = Promise.withResolvers<void>();
  const { buffer, events } = record({
    handBack: () => back.promise,
    onDemand: (count) => asked.push(count),
    onEnd: () => events.push("end"),
  }, "a");
  const cause = new Error("gone");

  buffer.fail(cause);
  const reading = buffer.deliveries.getReader().read();
  await idle();
  back.resolve();

  await assert.rejects(reading, cause);
  assert.deepEqual(events, ["back a", "end"]);
  assert.deepEqual(asked, []);
});
