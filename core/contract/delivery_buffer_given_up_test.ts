import assert from "node:assert/strict";
import {
  type Delivery,
  DeliveryBuffer,
  systemClock,
} from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import { delivery } from "./_kit_test.ts";

type Face = ReadableStream<Delivery | readonly Delivery[]>;

interface Faces {
  readonly buffer: DeliveryBuffer;
  readonly deliveries: Face;
  readonly batches: Face;
}

function make(): Faces {
  const buffer = new DeliveryBuffer({ handBack: () => {} });
  return { buffer, deliveries: buffer.deliveries, batches: buffer.batches(1) };
}

async function nextOf(
  reader: ReadableStreamDefaultReader<Delivery | readonly Delivery[]>,
): Promise<string | undefined> {
  const { value } = await reader.read();
  return [value ?? []].flat()[0]?.id;
}

async function idle(): Promise<void> {
  await systemClock.turn();
  await systemClock.turn();
}

/** Reads at an empty buffer, and gives it up. Gives how the read ended. */
async function giveUp(face: Face): Promise<unknown> {
  const reader = face.getReader();
  const read = reader.read().catch((error) => error);
  await idle();
  reader.releaseLock();
  return await read;
}

const names = ["deliveries", "batches"] as const;

for (const first of names) {
  for (const then of names) {
    test(`DeliveryBuffer() gives a read of ${first} that was given up to the next read of ${then}`, async () => {
      const made = make();
      const ended = await giveUp(made[first]);

      made.buffer.push(delivery("a"));
      made.buffer.push(delivery("b"));
      await idle();
      const held = made.buffer.size;
      const reader = made[then].getReader();

      assert.deepEqual([await nextOf(reader), await nextOf(reader)], [
        "a",
        "b",
      ]);
      assert.equal(held, 2);
      assert.ok(ended instanceof TypeError);
    });

    test(`DeliveryBuffer() gives it when ${then} was taken after ${first} and before the push`, async () => {
      const made = make();
      await giveUp(made[first]);
      const reader = made[then].getReader();

      made.buffer.push(delivery("a"));
      await idle();
      const held = made.buffer.size;

      assert.equal(await nextOf(reader), "a");
      assert.equal(held, 1);
    });

    test(`DeliveryBuffer() gives it when ${then} waits before the push, ${first} given up`, async () => {
      const made = make();
      await giveUp(made[first]);
      const next = nextOf(made[then].getReader());
      await idle();

      made.buffer.push(delivery("a"));

      assert.equal(await next, "a");
    });

    test(`DeliveryBuffer() gives it to ${then} when ${first} was taken and released without a read`, async () => {
      const made = make();
      await giveUp(made[first]);
      made[first].getReader().releaseLock();

      made.buffer.push(delivery("a"));
      await idle();

      assert.equal(await nextOf(made[then].getReader()), "a");
    });
  }
}

test("DeliveryBuffer() swallows nothing when several reads of several readers are given up", async () => {
  const made = make();
  for (const name of [...names, ...names]) await giveUp(made[name]);

  made.buffer.push(delivery("a"));
  made.buffer.push(delivery("b"));
  await idle();

  assert.equal(await nextOf(made.batches.getReader()), "a");
  assert.equal(made.buffer.size, 1);
});

test("DeliveryBuffer() swallows nothing when several reads of one reader are given up", async () => {
  const { buffer, deliveries, batches } = make();
  const reader = deliveries.getReader();
  const reads = [reader.read(), reader.read(), reader.read()];
  const ended = Promise.allSettled(reads);
  reader.releaseLock();

  buffer.push(delivery("a"));
  await idle();

  assert.equal(await nextOf(batches.getReader()), "a");
  const statuses = (await ended).map(({ status }) => status);
  assert.deepEqual(statuses, ["rejected", "rejected", "rejected"]);
});

test("DeliveryBuffer() swallows nothing when the push and the release come in one turn", async () => {
  const { buffer, deliveries, batches } = make();
  const reader = deliveries.getReader();
  const ended = reader.read().catch((error) => error);
  await idle();

  buffer.push(delivery("a"));
  reader.releaseLock();
  const next = nextOf(batches.getReader());

  assert.equal(await next, "a");
  assert.ok(await ended instanceof TypeError);
});

test("DeliveryBuffer() swallows nothing when the read was given up before the stream began", async () => {
  const { buffer, deliveries, batches } = make();
  const reader = deliveries.getReader();
  const ended = reader.read().catch((error) => error);
  reader.releaseLock();
  const next = nextOf(batches.getReader());

  buffer.push(delivery("a"));

  assert.equal(await next, "a");
  assert.ok(await ended instanceof TypeError);
});

test("DeliveryBuffer() swallows nothing when a pipe is aborted", async () => {
  const { buffer, deliveries, batches } = make();
  const stop = new AbortController();
  const written: unknown[] = [];
  const piped = deliveries.pipeTo(
    new WritableStream({ write: (chunk) => void written.push(chunk) }),
    { signal: stop.signal, preventCancel: true },
  ).catch((reason) => reason);
  await idle();

  stop.abort("enough");
  buffer.push(delivery("a"));
  const reason = await piped;
  await idle();

  assert.equal(reason, "enough");
  assert.deepEqual(written, []);
  assert.equal(await nextOf(batches.getReader()), "a");
});

test("DeliveryBuffer() swallows nothing when an aborted pipe waits for a slow write", async () => {
  const { buffer, deliveries, batches } = make();
  const stop = new AbortController();
  const slow = Promise.withResolvers<void>();
  const written: unknown[] = [];
  const sink = new WritableStream<Delivery | readonly Delivery[]>({
    write: (chunk) => {
      written.push(chunk);
      return slow.promise;
    },
  }, { highWaterMark: 10 });
  const piped = deliveries.pipeTo(sink, {
    signal: stop.signal,
    preventCancel: true,
    preventAbort: true,
  }).catch((reason) => reason);
  buffer.push(delivery("a"));
  await idle();

  stop.abort("enough");
  buffer.push(delivery("b"));
  await idle();
  slow.resolve();
  await piped;
  await idle();

  assert.equal(written.length, 1);
  assert.equal(await nextOf(batches.getReader()), "b");
});

test("DeliveryBuffer() swallows nothing when a sink aborts its own pipe", async () => {
  const { buffer, deliveries, batches } = make();
  const stop = new AbortController();
  const slow = Promise.withResolvers<void>();
  const written: unknown[] = [];
  const sink = new WritableStream<Delivery | readonly Delivery[]>({
    write: (chunk) => {
      written.push(chunk);
      stop.abort("enough");
      return slow.promise;
    },
  }, { highWaterMark: 10 });
  buffer.push(delivery("a"));
  const piped = deliveries.pipeTo(sink, {
    signal: stop.signal,
    preventCancel: true,
    preventAbort: true,
  }).catch((reason) => reason);
  await idle();

  buffer.push(delivery("b"));
  await idle();
  slow.resolve();
  await piped;

  assert.equal(written.length, 1);
  assert.equal(await nextOf(batches.getReader()), "b");
});

test("DeliveryBuffer() pipes again after an aborted pipe", async () => {
  const { buffer, deliveries } = make();
  const stop = new AbortController();
  const ended = deliveries.pipeTo(new WritableStream(), {
    signal: stop.signal,
    preventCancel: true,
  }).catch((reason) => reason);
  stop.abort("enough");
  await ended;
  const written: unknown[] = [];
  const piped = deliveries.pipeTo(
    new WritableStream({ write: (chunk) => void written.push(chunk) }),
  );
  await idle();

  buffer.push(delivery("a"));
  await buffer.drain();
  await piped;

  assert.equal(written.length, 1);
});

test("DeliveryBuffer() swallows nothing when a loop that prevents cancel is left by break", async () => {
  const { buffer, deliveries, batches } = make();
  buffer.push(delivery("a"));
  buffer.push(delivery("b"));

  for await (const _ of deliveries.values({ preventCancel: true })) break;
  await idle();

  assert.equal(deliveries.locked, false);
  assert.equal(await nextOf(batches.getReader()), "b");
});

test("DeliveryBuffer.onDemand is told of each new wait after a read was given up", async () => {
  const asked: number[] = [];
  const buffer = new DeliveryBuffer({
    handBack: () => {},
    onDemand: (count) => asked.push(count),
  });
  await giveUp(buffer.deliveries);
  const read = buffer.batches(5).getReader().read();
  await idle();

  buffer.push(delivery("a"));
  await read;

  assert.deepEqual(asked, [1, 5]);
});

test("DeliveryBuffer.cancel() hands back what came after a read was given up", async () => {
  const handed: unknown[] = [];
  const buffer = new DeliveryBuffer({
    handBack: (deliveries) => void handed.push(...deliveries),
  });
  await giveUp(buffer.deliveries);
  const next = delivery("a");
  buffer.push(next);
  await idle();

  await buffer.cancel();

  assert.deepEqual(handed, [next]);
});
