import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { type DeliveryBuffer, systemClock } from "@ruststream/core/contract";
import { delivery, idle, record } from "./_kit_test.ts";

const ways: Record<string, (buffer: DeliveryBuffer) => Promise<unknown>> = {
  "buffer.cancel()": (buffer) => buffer.cancel(),
  "deliveries.cancel()": (buffer) => buffer.deliveries.cancel(),
  "batches.cancel()": (buffer) => buffer.batches(2).cancel(),
  "a reader's cancel()": (buffer) => buffer.deliveries.getReader().cancel(),
  "a batch reader's cancel()": (buffer) =>
    buffer.batches(2).getReader().cancel(),
  "an aborted pipe": (buffer) =>
    assert.rejects(
      buffer.deliveries.pipeTo(new WritableStream(), {
        signal: AbortSignal.abort(new Error("enough")),
      }),
      /enough/,
    ),
};

for (const [way, cancel] of Object.entries(ways)) {
  test(`DeliveryBuffer.cancel() by ${way} stops, then gives back in order, then resolves`, async () => {
    const { buffer, events } = record(
      {
        onStop: () =>
          systemClock.turn().then(() => void events.push("stopped")),
        handBack: () =>
          systemClock.turn().then(() => void events.push("given")),
      },
      "a",
      "b",
      "c",
    );

    await cancel(buffer);

    assert.deepEqual(events, ["stop", "stopped", "back a,b,c", "given"]);
    assert.equal(buffer.open, false);
    assert.equal(buffer.size, 0);
  });
}

test("DeliveryBuffer.cancel() by break gives back what was not handed out", async () => {
  const { buffer, events } = record({}, "a", "b", "c");
  const read: unknown[] = [];

  for await (const one of buffer.deliveries) {
    read.push(one.id);
    break;
  }

  assert.deepEqual(read, ["a"]);
  assert.deepEqual(events, ["stop", "back b,c"]);
});

test("DeliveryBuffer.cancel() by a sink that fails gives back what was not handed out", async () => {
  const cause = new Error("disk full");
  const { buffer, events } = record({}, "a", "b", "c");
  const sink = new WritableStream({
    write: () => {
      throw cause;
    },
  });

  await assert.rejects(buffer.deliveries.pipeTo(sink), cause);

  assert.deepEqual(events, ["stop", "back b,c"]);
});

test("DeliveryBuffer.cancel() of both branches of a tee cancels once", async () => {
  const { buffer, events } = record({});
  const [left, right] = buffer.deliveries.tee();

  await Promise.all([left.cancel(), right.cancel()]);

  assert.deepEqual(events, ["stop"]);
});

test("DeliveryBuffer.cancel() ends intake at once, and ends the read that waits", async () => {
  const stop = Promise.withResolvers<void>();
  const { buffer, events } = record({ onStop: () => stop.promise });
  const read = buffer.deliveries.getReader().read();
  await idle();

  const cancelled = buffer.cancel();
  const taken = buffer.push(delivery("late"));
  const { done } = await read;
  stop.resolve();
  await cancelled;

  assert.equal(taken, false);
  assert.equal(done, true);
  assert.deepEqual(events, ["stop"]);
});

test("DeliveryBuffer.cancel() gives back what was pushed in the same turn to a waiting reader", async () => {
  const { buffer, events } = record({});
  const read = buffer.deliveries.getReader().read();
  await idle();

  buffer.push(delivery("a"));
  await buffer.cancel();

  assert.equal((await read).done, true);
  assert.deepEqual(events, ["stop", "back a"]);
});

test("DeliveryBuffer.cancel() closes faces that are taken later", async () => {
  const { buffer } = record({}, "a");
  const early = buffer.batches(1);
  await buffer.cancel();

  const results = [
    await Array.fromAsync(early),
    await Array.fromAsync(buffer.batches(2)),
    await Array.fromAsync(buffer.deliveries),
  ];

  assert.deepEqual(results, [[], [], []]);
});

test("DeliveryBuffer.cancel() leaves a cancelled stream's reader its lock", async () => {
  const { buffer } = record({});
  const reader = buffer.deliveries.getReader();

  await buffer.cancel();
  const locked = buffer.deliveries.locked;
  reader.releaseLock();

  assert.equal(locked, true);
  assert.equal(buffer.deliveries.locked, false);
});

test("DeliveryBuffer.cancel() called twice gives the same result, and does it once", async () => {
  const cause = new Error("gone");
  const { buffer, events } = record({
    handBack: () => Promise.reject(cause),
  }, "a");

  const first = buffer.cancel();
  const second = buffer.cancel();

  assert.equal(second, first);
  await assert.rejects(first, cause);
  await assert.rejects(buffer.deliveries.cancel(), cause);
  assert.deepEqual(events, ["stop", "back a"]);
});

test("DeliveryBuffer.cancel() called inside onStop is the same cancel", async () => {
  const { buffer, events } = record({
    onStop: () => void buffer.cancel(),
  }, "a");

  await buffer.cancel();

  assert.deepEqual(events, ["stop", "back a"]);
});

for (const how of ["throws", "rejects"] as const) {
  const end = (error: Error) => (): Promise<void> => {
    if (how === "rejects") return Promise.reject(error);
    throw error;
  };

  test(`DeliveryBuffer.cancel() rejects with what onStop ${how}, and gives back all the same`, async () => {
    const cause = new Error("no answer");
    const { buffer, events } = record({ onStop: end(cause) }, "a");
    const read = buffer.deliveries.getReader();
    await read.read();
    buffer.push(delivery("b"));

    await assert.rejects(buffer.cancel(), cause);

    assert.equal((await read.read()).done, true);
    assert.deepEqual(events, ["stop", "back b"]);
  });

  test(`DeliveryBuffer.cancel() rejects with what handBack ${how}, through the stream too`, async () => {
    const cause = new Error("no answer");
    const { buffer } = record({ handBack: end(cause) }, "a");
    const reader = buffer.deliveries.getReader();

    await assert.rejects(reader.cancel(), cause);

    assert.equal((await reader.read()).done, true);
  });

  test(`DeliveryBuffer.cancel() rejects with both when onStop and handBack ${how}`, async () => {
    const stop = new Error("no answer");
    const back = new Error("no way");
    const { buffer } = record({ onStop: end(stop), handBack: end(back) }, "a");

    const error = await buffer.cancel().catch((error) => error);

    assert.ok(error instanceof AggregateError);
    assert.deepEqual(error.errors, [stop, back]);
  });
}

test("DeliveryBuffer.cancel() rejects with undefined where that is what was thrown", async () => {
  const { buffer } = record({ onStop: () => Promise.reject(undefined) });

  const [result] = await Promise.allSettled([buffer.cancel()]);

  assert.deepEqual(result, { status: "rejected", reason: undefined });
});

test("DeliveryBuffer.cancel() after a drain gives back what is left", async () => {
  const { buffer, events } = record({}, "a", "b", "c");
  await buffer.drain();
  const reader = buffer.deliveries.getReader();
  await reader.read();

  await reader.cancel();

  assert.deepEqual(events, ["stop", "back b,c"]);
});

test("DeliveryBuffer.cancel() while draining stops once, and ends intake at once", async () => {
  const stop = Promise.withResolvers<void>();
  const { buffer, events } = record({ onStop: () => stop.promise }, "a");
  const drained = buffer.drain();

  const cancelled = buffer.cancel();
  const taken = buffer.push(delivery("b"));
  stop.resolve();
  await Promise.all([drained, cancelled]);

  assert.equal(taken, false);
  assert.deepEqual(events, ["stop", "back a"]);
});
