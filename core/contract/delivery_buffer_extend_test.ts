import assert from "node:assert/strict";
import { type Delivery, DeliveryBuffer } from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";

interface Made {
  readonly buffer: DeliveryBuffer;
  readonly clock: VirtualClock;
  /** Extensions so far, by id. */
  readonly extended: string[];
  push(id: string, extend?: () => boolean): void;
}

function make(): Made {
  const clock = new VirtualClock();
  const extended: string[] = [];
  const buffer = new DeliveryBuffer({
    handBack: () => {},
    settleDeadlineMs: 1000,
    clock,
  });
  const push = (id: string, extend = () => true): void => {
    const message = { address: "orders", body: new Uint8Array() };
    const delivery: Delivery = {
      id,
      message,
      settle: () => {},
      extend: () => {
        extended.push(id);
        return extend();
      },
    };
    buffer.push(delivery);
  };
  return { buffer, clock, extended, push };
}

test("DeliveryBuffer() extends what it holds at half of the deadline, again and again", async () => {
  const { clock, extended, push } = make();
  push("a");
  push("b");

  await clock.advance(499);
  const early = [...extended];
  await clock.advance(501);

  assert.deepEqual(early, []);
  assert.deepEqual(extended, ["a", "b", "a", "b"]);
});

test("DeliveryBuffer() has one timer, and none while it holds nothing", async () => {
  const { buffer, clock, push } = make();
  const before = clock.pending;
  push("a");
  push("b");
  const during = clock.pending;
  const reader = buffer.deliveries.getReader();
  await reader.read();
  const between = clock.pending;

  await reader.read();

  assert.deepEqual([before, during, between, clock.pending], [0, 1, 1, 0]);
});

test("DeliveryBuffer() arms no timer for what goes straight to a waiting reader", async () => {
  const { buffer, clock, push } = make();
  const read = buffer.deliveries.getReader().read();
  await clock.turn();

  push("a");
  const pending = clock.pending;

  assert.equal((await read).value?.id, "a");
  assert.equal(pending, 0);
});

test("DeliveryBuffer() arms its timer when the waiting read was given up after the push", async () => {
  const { buffer, clock, extended, push } = make();
  const reader = buffer.deliveries.getReader();
  const ended = reader.read().catch((error) => error);
  await clock.turn();
  push("a");
  reader.releaseLock();

  await clock.advance(500);

  assert.deepEqual(extended, ["a"]);
  assert.ok(await ended instanceof TypeError);
});

test("DeliveryBuffer() does not extend what it has handed out", async () => {
  const { buffer, clock, extended, push } = make();
  push("a");
  push("b");
  await buffer.deliveries.getReader().read();

  await clock.advance(500);

  assert.deepEqual(extended, ["b"]);
});

test("DeliveryBuffer() drops what is no longer ours, and keeps the rest in order", async () => {
  const { buffer, clock, push } = make();
  push("a");
  push("b", () => false);
  push("c");
  push("d", () => false);

  await clock.advance(500);
  const { value } = await buffer.batches(9).getReader().read();

  assert.deepEqual(value?.map(({ id }) => id), ["a", "c"]);
});

test("DeliveryBuffer() keeps a delivery whose extend throws, and extends the others", async () => {
  const { buffer, clock, extended, push } = make();
  push("a", () => {
    throw new Error("no socket");
  });
  push("b");

  await clock.advance(1000);

  assert.deepEqual(extended, ["a", "b", "a", "b"]);
  assert.equal(buffer.size, 2);
});

test("DeliveryBuffer() holds a delivery that has no deadline of its own", async () => {
  const { buffer, clock } = make();
  const message = { address: "orders", body: new Uint8Array() };
  buffer.push({ message, settle: () => {} });

  await clock.advance(500);

  assert.equal(buffer.size, 1);
});

test("DeliveryBuffer() closes when the last delivery after a drain is no longer ours", async () => {
  const { buffer, clock, push } = make();
  push("a", () => false);
  await buffer.drain();
  const reader = buffer.deliveries.getReader();

  await clock.advance(500);
  await reader.closed;

  assert.equal((await reader.read()).done, true);
  assert.equal(clock.pending, 0);
});

const ends: Record<string, (buffer: DeliveryBuffer) => unknown> = {
  "cancel()": (buffer) => buffer.cancel(),
  "fail()": (buffer) => buffer.fail(new Error("connection lost")),
  "drain() and reading": async (buffer) => {
    await buffer.drain();
    await Array.fromAsync(buffer.deliveries);
  },
  "break": async (buffer) => {
    for await (const _ of buffer.deliveries) break;
  },
};

for (const [name, end] of Object.entries(ends)) {
  test(`DeliveryBuffer() leaves no timer behind after ${name}`, async () => {
    const { buffer, clock, extended, push } = make();
    push("a");
    push("b");

    await end(buffer);
    const pending = clock.pending;
    await clock.advance(5000);

    assert.equal(pending, 0);
    assert.deepEqual(extended, []);
  });
}

for (const settleDeadlineMs of [0, -1, NaN]) {
  test(`DeliveryBuffer() refuses a deadline of ${settleDeadlineMs}`, () => {
    assert.throws(
      () => new DeliveryBuffer({ handBack: () => {}, settleDeadlineMs }),
      { name: "RangeError", message: new RegExp(`found ${settleDeadlineMs}$`) },
    );
  });
}

test("DeliveryBuffer.clear() leaves no timer, and extends nothing more", async () => {
  const { buffer, clock, extended, push } = make();
  push("a");

  buffer.clear();
  const { pending } = clock;
  await clock.advance(1000);

  assert.equal(pending, 0);
  assert.deepEqual(extended, []);
});
