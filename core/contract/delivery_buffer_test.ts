import assert from "node:assert/strict";
import {
  type Delivery,
  DeliveryBuffer,
  systemClock,
} from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";

function delivery(id: string): Delivery {
  const message = { address: "orders", body: new Uint8Array() };
  return { id, message, settle: () => {} };
}

function filled(...ids: string[]): DeliveryBuffer {
  const buffer = new DeliveryBuffer({ handBack: () => {} });
  for (const id of ids) buffer.push(delivery(id));
  return buffer;
}

function idsOf(batch: readonly Delivery[] | undefined): unknown[] | undefined {
  return batch?.map(({ id }) => id);
}

test("DeliveryBuffer() gives what was pushed before the reader came, in order", async () => {
  const buffer = filled("a", "b");
  const reader = buffer.deliveries.getReader();

  const one = await reader.read();
  const two = await reader.read();

  assert.deepEqual([one.value?.id, two.value?.id], ["a", "b"]);
});

test("DeliveryBuffer() gives a push to the reader that waits", async () => {
  const buffer = filled();
  const read = buffer.deliveries.getReader().read();

  buffer.push(delivery("a"));

  assert.equal((await read).value?.id, "a");
  assert.equal(buffer.size, 0);
});

test("DeliveryBuffer() serves many reads at once, in order", async () => {
  const buffer = filled("a");
  const reader = buffer.deliveries.getReader();
  const reads = [reader.read(), reader.read(), reader.read()];

  buffer.push(delivery("b"));
  buffer.push(delivery("c"));

  const results = await Promise.all(reads);
  assert.deepEqual(results.map((r) => r.value?.id), ["a", "b", "c"]);
});

test("DeliveryBuffer() reads nothing ahead of what was asked for", async () => {
  const buffer = filled("a", "b", "c");

  await buffer.deliveries.getReader().read();

  assert.equal(buffer.size, 2);
});

test("DeliveryBuffer() keeps ten thousand deliveries in order", async () => {
  const ids = Array.from({ length: 10_000 }, (_, i) => `${i}`);
  const buffer = filled(...ids);
  await buffer.drain();

  const batches = await Array.fromAsync(buffer.batches(64));

  assert.deepEqual(batches.flatMap((batch) => idsOf(batch)), ids);
});

test("DeliveryBuffer.push() answers true while intake is open, and counts", () => {
  const buffer = filled();

  const taken = buffer.push(delivery("a"));

  assert.equal(taken, true);
  assert.equal(buffer.open, true);
  assert.equal(buffer.size, 1);
});

test("DeliveryBuffer.batches() gives at most max, in order, and never none", async () => {
  const buffer = filled("a", "b", "c");
  await buffer.drain();

  const batches = await Array.fromAsync(buffer.batches(2));

  assert.deepEqual(batches.map(idsOf), [["a", "b"], ["c"]]);
});

test("DeliveryBuffer.batches() does not wait for more than is there", async () => {
  const buffer = filled("a");

  const { value } = await buffer.batches(64).getReader().read();

  assert.deepEqual(idsOf(value), ["a"]);
});

test("DeliveryBuffer.batches() gives what one turn pushed to a waiting reader as one batch", async () => {
  const buffer = filled();
  const read = buffer.batches(64).getReader().read();

  buffer.push(delivery("a"));
  buffer.push(delivery("b"));

  assert.deepEqual(idsOf((await read).value), ["a", "b"]);
});

test("DeliveryBuffer.batches() makes a new face with another max once the reader is released", async () => {
  const buffer = filled("a", "b", "c");
  const first = buffer.batches(1).getReader();
  await first.read();
  first.releaseLock();

  const { value } = await buffer.batches(2).getReader().read();

  assert.deepEqual(idsOf(value), ["b", "c"]);
});

test("DeliveryBuffer.batches() leaves an earlier face readable", async () => {
  const buffer = filled("a", "b", "c");
  const early = buffer.batches(1);
  const late = buffer.batches(2).getReader();
  await late.read();
  late.releaseLock();

  const { value } = await early.getReader().read();

  assert.deepEqual(idsOf(value), ["c"]);
});

for (const max of [0, -1, 1.5, NaN, Infinity]) {
  test(`DeliveryBuffer.batches() refuses a max of ${max}`, () => {
    const buffer = filled();

    assert.throws(() => buffer.batches(max), {
      name: "RangeError",
      message: new RegExp(`found ${max}$`),
    });
  });
}

test("DeliveryBuffer.batches() throws while a face is locked", () => {
  const buffer = filled();
  buffer.deliveries.getReader();

  assert.throws(() => buffer.batches(1), TypeError);
});

test("DeliveryBuffer() locks every face when one is taken", () => {
  const buffer = filled();
  const batches = buffer.batches(1);
  const before = [buffer.deliveries.locked, batches.locked];

  const reader = batches.getReader();
  const during = [buffer.deliveries.locked, batches.locked];
  reader.releaseLock();

  assert.deepEqual(before, [false, false]);
  assert.deepEqual(during, [true, true]);
  assert.deepEqual([buffer.deliveries.locked, batches.locked], [false, false]);
});

const faces = ["deliveries", "batches"] as const;

function facesOf(
  buffer: DeliveryBuffer,
): Record<typeof faces[number], ReadableStream<unknown>> {
  return { deliveries: buffer.deliveries, batches: buffer.batches(2) };
}

for (const taken of faces) {
  for (const other of faces) {
    test(`DeliveryBuffer() refuses every way to take ${other} while ${taken} is locked`, async () => {
      const both = facesOf(filled("a"));
      both[taken].getReader();
      const face = both[other];
      const { readable, writable } = new TransformStream();

      assert.throws(() => face.getReader(), TypeError);
      assert.throws(() => face.tee(), TypeError);
      assert.throws(() => face.values(), TypeError);
      assert.throws(() => face[Symbol.asyncIterator](), TypeError);
      assert.throws(
        () => face.pipeThrough({ readable, writable }),
        TypeError,
      );
      await assert.rejects(face.pipeTo(writable), TypeError);
      await assert.rejects(face.cancel(), TypeError);
      assert.equal(writable.locked, false);
    });
  }
}

test("DeliveryBuffer() pipes to a sink, and resolves when the stream has closed", async () => {
  const buffer = filled("a", "b");
  const written: unknown[] = [];
  const sink = new WritableStream<Delivery>({
    write: ({ id }) => void written.push(id),
  });
  const piped = buffer.deliveries.pipeTo(sink);

  await buffer.drain();
  await piped;

  assert.deepEqual(written, ["a", "b"]);
});

test("DeliveryBuffer() pipes through a transform, and locks all faces while it does", async () => {
  const buffer = filled("a", "b");
  const batches = buffer.batches(1);
  const names = buffer.deliveries.pipeThrough(
    new TransformStream<Delivery, unknown>({
      transform: ({ id }, out) => out.enqueue(id),
    }),
  );
  const locked = batches.locked;

  await buffer.drain();

  assert.deepEqual(await Array.fromAsync(names), ["a", "b"]);
  assert.equal(locked, true);
});

test("DeliveryBuffer() refuses to pipe through what is written to already", () => {
  const buffer = filled();
  const through = new TransformStream();
  through.writable.getWriter();

  assert.throws(() => buffer.deliveries.pipeThrough(through), TypeError);
  assert.equal(buffer.deliveries.locked, false);
});

test("DeliveryBuffer() gives each branch of a tee everything", async () => {
  const buffer = filled("a", "b");
  const [left, right] = buffer.deliveries.tee();
  await buffer.drain();

  const [one, two] = await Promise.all([
    Array.fromAsync(left),
    Array.fromAsync(right),
  ]);

  assert.deepEqual([idsOf(one), idsOf(two)], [["a", "b"], ["a", "b"]]);
});

test("DeliveryBuffer() serves a reader that was not asked of it, and locks the other faces while it reads", async () => {
  const buffer = filled();
  const reader = new ReadableStreamDefaultReader(buffer.batches(2));
  const read = reader.read();
  await systemClock.turn();

  buffer.push(delivery("a"));
  const locked = buffer.deliveries.locked;

  assert.deepEqual(idsOf((await read).value), ["a"]);
  assert.equal(locked, true);
});

test("DeliveryBuffer() closes for a reader that was not asked of it, and asks for nothing", async () => {
  const asked: number[] = [];
  const buffer = new DeliveryBuffer({
    handBack: () => {},
    onDemand: (count) => asked.push(count),
  });
  const reader = new ReadableStreamDefaultReader(buffer.batches(2));
  await buffer.cancel();

  const { done } = await reader.read();

  assert.equal(done, true);
  assert.deepEqual(asked, []);
});

test("DeliveryBuffer() refuses byte readers", () => {
  const buffer = filled();

  assert.throws(
    () => buffer.deliveries.getReader({ mode: "byob" }),
    TypeError,
  );
  assert.equal(buffer.deliveries.locked, false);
});

test("DeliveryBuffer.onDemand tells a waiting reader's count, once a wait", async () => {
  const asked: number[] = [];
  const buffer = new DeliveryBuffer({
    handBack: () => {},
    onDemand: (count) => asked.push(count),
  });
  const single = buffer.deliveries.getReader();
  const read = single.read();
  await Promise.resolve();
  buffer.push(delivery("a"));
  await read;
  single.releaseLock();

  const batch = buffer.batches(7).getReader().read();
  await Promise.resolve();
  buffer.push(delivery("b"));
  await batch;

  assert.deepEqual(asked, [1, 7]);
});

test("DeliveryBuffer.onDemand is not told twice when two reads wait for one delivery", async () => {
  const asked: number[] = [];
  const buffer = new DeliveryBuffer({
    handBack: () => {},
    onDemand: (count) => asked.push(count),
  });
  const reader = buffer.deliveries.getReader();
  const first = reader.read();
  await systemClock.turn();
  const second = reader.read();
  await systemClock.turn();
  const before = [...asked];

  buffer.push(delivery("a"));
  await first;
  buffer.push(delivery("b"));
  await second;

  assert.deepEqual(before, [1]);
  assert.deepEqual(asked, [1, 1]);
});

test("DeliveryBuffer.onDemand is not told while something is there", async () => {
  const asked: number[] = [];
  const buffer = new DeliveryBuffer({
    handBack: () => {},
    onDemand: (count) => asked.push(count),
  });
  buffer.push(delivery("a"));

  await buffer.deliveries.getReader().read();

  assert.deepEqual(asked, []);
});

test("DeliveryBuffer.onDemand may push right there, for this very read", async () => {
  let next = 0;
  const buffer: DeliveryBuffer = new DeliveryBuffer({
    handBack: () => {},
    onDemand: (count) => {
      for (let i = 0; i < count; i++) buffer.push(delivery(`${next++}`));
    },
  });
  const reader = buffer.batches(3).getReader();

  const one = await reader.read();
  const two = await reader.read();

  assert.deepEqual(idsOf(one.value), ["0", "1", "2"]);
  assert.deepEqual(idsOf(two.value), ["3", "4", "5"]);
});

test("DeliveryBuffer.onDemand that throws fails the buffer with that", async () => {
  const cause = new Error("no more credit");
  const buffer = new DeliveryBuffer({
    handBack: () => {},
    onDemand: () => {
      throw cause;
    },
  });

  await assert.rejects(buffer.deliveries.getReader().read(), cause);
  assert.equal(buffer.push(delivery("a")), false);
});

test("DeliveryBuffer.clear() takes out what was never handed out, and the stream goes on", async () => {
  const buffer = new DeliveryBuffer({ handBack: () => {} });
  const reader = buffer.deliveries.getReader();
  const waiting = reader.read();
  buffer.push(delivery("a"));

  const taken = buffer.clear();
  buffer.push(delivery("b"));

  assert.deepEqual(idsOf(taken), ["a"]);
  assert.equal((await waiting).value?.id, "b");
  assert.deepEqual(buffer.clear(), []);
});

test("DeliveryBuffer.clear() of a drained buffer ends its stream", async () => {
  const buffer = new DeliveryBuffer({ handBack: () => {} });
  buffer.push(delivery("a"));
  await buffer.drain();

  buffer.clear();

  assert.equal((await buffer.deliveries.getReader().read()).done, true);
});
