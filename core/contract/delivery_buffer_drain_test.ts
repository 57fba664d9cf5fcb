import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { systemClock } from "@ruststream/core/contract";
import { delivery, idle, idsOf, record } from "./_kit_test.ts";

for (const how of ["throws", "rejects"] as const) {
  const end = (error: Error) => (): Promise<void> => {
    if (how === "rejects") return Promise.reject(error);
    throw error;
  };

  test(`DeliveryBuffer.drain() rejects with what onStop ${how}, and ends intake all the same`, async () => {
    const cause = new Error("no answer");
    const { buffer } = record({ onStop: end(cause) }, "a");

    await assert.rejects(buffer.drain(), cause);

    assert.equal(buffer.open, false);
    assert.equal(idsOf(await Array.fromAsync(buffer.deliveries)), "a");
  });

  test(`DeliveryBuffer.fail() errors with both when handBack ${how}`, async () => {
    const cause = new Error("connection lost");
    const back = new Error("no way");
    const { buffer } = record({ handBack: end(back) }, "a");

    buffer.fail(cause);
    await idle();
    const error = await buffer.deliveries.getReader().read()
      .catch((error) => error);

    assert.ok(error instanceof AggregateError);
    assert.deepEqual(error.errors, [cause, back]);
  });
}

test("DeliveryBuffer.drain() takes what arrives while the broker stops, and nothing after", async () => {
  const stop = Promise.withResolvers<void>();
  const { buffer, events } = record({ onStop: () => stop.promise }, "a");

  const drained = buffer.drain();
  const meanwhile = buffer.push(delivery("b"));
  stop.resolve();
  await drained;
  const after = buffer.push(delivery("c"));

  assert.deepEqual([meanwhile, after], [true, false]);
  assert.equal(idsOf(await Array.fromAsync(buffer.deliveries)), "a,b");
  assert.deepEqual(events, ["stop"]);
});

test("DeliveryBuffer.drain() closes with the last delivery, before the next read", async () => {
  const { buffer } = record({}, "a");
  await buffer.drain();
  const reader = buffer.deliveries.getReader();

  await reader.read();
  await reader.closed;

  assert.equal((await reader.read()).done, true);
});

test("DeliveryBuffer.drain() of an empty buffer ends the read that waits", async () => {
  const { buffer } = record({});
  const read = buffer.batches(2).getReader().read();
  await idle();

  await buffer.drain();

  assert.equal((await read).done, true);
});

test("DeliveryBuffer.drain() gives what was pushed in the same turn to a waiting reader", async () => {
  const { buffer } = record({});
  const reader = buffer.deliveries.getReader();
  const read = reader.read();
  await idle();

  buffer.push(delivery("a"));
  await buffer.drain();

  assert.equal((await read).value?.id, "a");
  assert.equal((await reader.read()).done, true);
});

test("DeliveryBuffer.drain() lets a face taken later read the rest", async () => {
  const { buffer } = record({}, "a", "b", "c");
  await buffer.drain();
  const reader = buffer.deliveries.getReader();
  await reader.read();
  reader.releaseLock();

  const batches = await Array.fromAsync(buffer.batches(5));

  assert.deepEqual(batches.map(idsOf), ["b,c"]);
  assert.deepEqual(await Array.fromAsync(buffer.deliveries), []);
});

test("DeliveryBuffer.drain() called twice waits for the first", async () => {
  const { buffer, events } = record({});

  const first = buffer.drain();
  const second = buffer.drain();

  assert.equal(second, first);
  await first;
  assert.deepEqual(events, ["stop"]);
});

test("DeliveryBuffer.drain() after a cancel resolves", async () => {
  const { buffer, events } = record({ onStop: () => Promise.reject("gone") });
  const [cancelled] = await Promise.allSettled([buffer.cancel()]);

  await buffer.drain();

  assert.equal(cancelled?.status, "rejected");
  assert.deepEqual(events, ["stop"]);
});

test("DeliveryBuffer.fail() gives back, and errors the read that waits with the cause as it is", async () => {
  const cause = { code: "gone" };
  const { buffer, events } = record({});
  const read = buffer.deliveries.getReader().read().catch((error) => error);
  await idle();

  buffer.push(delivery("a"));
  buffer.fail(cause);

  assert.equal(await read, cause);
  assert.equal(buffer.push(delivery("b")), false);
  assert.deepEqual(events, ["back a"]);
});

test("DeliveryBuffer.fail() gives nothing back where nothing is held", () => {
  const { buffer, events } = record({});

  buffer.fail(new Error("connection lost"));

  assert.deepEqual(events, []);
});

test("DeliveryBuffer.fail() called again while it gives back keeps the first cause", async () => {
  const cause = new Error("first");
  const { buffer } = record({ handBack: () => systemClock.turn() }, "a");

  buffer.fail(cause);
  buffer.fail(new Error("second"));

  await assert.rejects(Array.fromAsync(buffer.deliveries), cause);
});

test("DeliveryBuffer.fail() errors the stream also where a drain ends meanwhile", async () => {
  const cause = new Error("connection lost");
  const { buffer } = record({ handBack: () => systemClock.turn() }, "a");
  const read = buffer.batches(1).getReader();
  const drained = buffer.drain();

  buffer.fail(cause);
  await drained;

  await assert.rejects(read.read(), cause);
});

test("DeliveryBuffer.fail() errors faces that are taken later", async () => {
  const cause = new Error("connection lost");
  const { buffer } = record({});
  const early = buffer.batches(1);

  buffer.fail(cause);

  await assert.rejects(Array.fromAsync(early), cause);
  await assert.rejects(Array.fromAsync(buffer.batches(2)), cause);
  await assert.rejects(Array.fromAsync(buffer.deliveries), cause);
});

test("DeliveryBuffer.fail() waits for handBack before it errors the stream", async () => {
  const back = Promise.withResolvers<void>();
  const cause = new Error("connection lost");
  const { buffer, events } = record({ handBack: () => back.promise }, "a");
  buffer.fail(cause);
  const read = buffer.deliveries.getReader().read().catch((error) => {
    events.push("read");
    return error;
  });
  await idle();

  events.push("given");
  back.resolve();

  assert.equal(await read, cause);
  assert.deepEqual(events, ["back a", "given", "read"]);
});

test("DeliveryBuffer.fail() after it has closed or failed does nothing", async () => {
  const cause = new Error("first");
  const cancelled = record({}, "a").buffer;
  const failed = record({}).buffer;
  await cancelled.cancel();
  failed.fail(cause);

  cancelled.fail(new Error("second"));
  failed.fail(new Error("second"));

  assert.deepEqual(await Array.fromAsync(cancelled.deliveries), []);
  await assert.rejects(Array.fromAsync(failed.deliveries), cause);
});

test("DeliveryBuffer.fail() while draining gives back what is left", async () => {
  const cause = new Error("connection lost");
  const { buffer, events } = record({}, "a");
  await buffer.drain();

  buffer.fail(cause);

  await assert.rejects(Array.fromAsync(buffer.deliveries), cause);
  assert.deepEqual(events, ["stop", "back a"]);
});

test("DeliveryBuffer.cancel() and drain() resolve once it has failed", async () => {
  const { buffer, events } = record(
    { handBack: () => systemClock.turn() },
    "a",
  );
  buffer.fail(new Error("connection lost"));

  await buffer.cancel();
  await buffer.drain();

  assert.deepEqual(events, ["back a"]);
});
