import {
  batch,
  flatMap,
  map,
  parallel,
  readable,
  sinkTo,
} from "@ruststream/core";
import { MemoryBroker } from "@ruststream/memory";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, later, lists, orders, rest } from "./_kit_test.ts";

const ids = map((all: readonly { id: number }[]) => all.map(({ id }) => id));

test("batch() leaves when it is full, and when the source is idle", async () => {
  await using kit = await Kit.open();
  await kit.remaining();
  await kit.send(1, 2, 3, 4, 5);
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(batch({ max: 2 })).pipeThrough(ids)
    .pipeTo(sinkTo(kit.connection, lists));

  await rest();

  assert.deepEqual(kit.published, [[1, 2], [3, 4], [5]]);
  assert.deepEqual(kit.settled, ["ack", "ack", "ack", "ack", "ack"]);
  await source.drain();
  await done;
});

test("batch() behind a stage that waits leaves when the last payload has come through", async () => {
  await using kit = await Kit.open();
  await kit.remaining();
  await kit.send(1, 2, 3);
  const source = readable(kit.connection, orders, kit.options);
  const done = source
    .pipeThrough(map(async (order) => {
      await rest(1);
      return order;
    }))
    .pipeThrough(batch({ max: 9 })).pipeThrough(ids)
    .pipeTo(sinkTo(kit.connection, lists));

  await rest(20);

  assert.deepEqual(kit.published, [[1, 2, 3]]);
  await source.drain();
  await done;
});

test("batch() waits for more, full or its time", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(batch({ max: 3, waitMs: 100 }))
    .pipeThrough(ids).pipeTo(sinkTo(kit.connection, lists));

  await kit.send(1, 2);
  await kit.clock.advance(99);
  const before = [...kit.published];
  await kit.clock.advance(1);
  await kit.send(3, 4, 5);
  await rest();

  assert.deepEqual(before, []);
  assert.deepEqual(kit.published, [[1, 2], [3, 4, 5]]);
  await source.drain();
  await done;
});

test("batch() waits no longer when maxInFlight is reached", async () => {
  await using kit = await Kit.open();
  await kit.remaining();
  await kit.send(1, 2, 3, 4, 5);
  const confirm = later();
  kit.onPublish = () => confirm.promise;
  const source = readable(kit.connection, orders, {
    ...kit.options,
    maxInFlight: 3,
  });
  const done = source.pipeThrough(batch({ max: 2, waitMs: 1_000 }))
    .pipeThrough(ids).pipeTo(sinkTo(kit.connection, lists));

  await rest();
  confirm.resolve();
  await rest();

  assert.deepEqual(kit.published.slice(0, 2), [[1, 2], [3]]);
  await source.drain();
  await done;
  assert.deepEqual(kit.published.at(-1), [4, 5]);
});

test("batch() leaves at a drain, and at its end all is settled", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(batch({ max: 9, waitMs: 10_000 }))
    .pipeThrough(ids).pipeTo(sinkTo(kit.connection, lists));

  await kit.send(1, 2);
  await rest();
  await source.drain();
  await done;

  assert.deepEqual(kit.published, [[1, 2]]);
  assert.deepEqual(kit.settled, ["ack", "ack"]);
  assert.equal(kit.clock.pending, 0);
});

test("batch() that fails comes again one by one, so that a bad order holds up no other", async () => {
  await using kit = await Kit.open();
  await kit.remaining();
  await kit.send(1, 2, 3);
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(batch({ max: 3 })).pipeThrough(ids)
    .pipeThrough(map((all) => {
      if (all.includes(2)) throw new Error("a bad one");
      return all;
    })).pipeTo(sinkTo(kit.connection, lists));

  await rest();
  await kit.clock.advance(1_000);

  assert.deepEqual(kit.published.toSorted(), [[1], [3]]);
  assert.deepEqual(kit.settled, ["ack", "ack"]);
  await source.drain();
  await done;
  assert.deepEqual(await kit.remaining(), ["2#1"]);
});

test("A batch is serial too: the next one waits for the stage behind it", async () => {
  await using kit = await Kit.open();
  await kit.remaining();
  await kit.send(1, 2, 3);
  let running = 0;
  let most = 0;
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(batch({ max: 1 })).pipeThrough(ids)
    .pipeThrough(map(async (all) => {
      most = Math.max(most, ++running);
      await rest(2);
      running--;
      return all;
    })).pipeTo(sinkTo(kit.connection, lists));

  await rest(20);

  assert.equal(most, 1);
  assert.deepEqual(kit.published, [[1], [2], [3]]);
  await source.drain();
  await done;
});

test("A batch that leaves by its time waits for the one before it too", async () => {
  await using kit = await Kit.open();
  let running = 0;
  let most = 0;
  const gate = later();
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(batch({ max: 9, waitMs: 100 }))
    .pipeThrough(ids)
    .pipeThrough(map(async (all) => {
      most = Math.max(most, ++running);
      await gate.promise;
      running--;
      return all;
    })).pipeTo(sinkTo(kit.connection, lists));

  await kit.send(1);
  await kit.clock.advance(100);
  await kit.send(2);
  await kit.clock.advance(100);
  gate.resolve();
  await rest();

  assert.equal(most, 1);
  assert.deepEqual(kit.published, [[1], [2]]);
  await source.drain();
  await done;
});

test("pipeThrough() refuses a batch larger than maxInFlight", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, {
    ...kit.options,
    maxInFlight: 4,
  });

  assert.throws(() => source.pipeThrough(batch({ max: 5 })), RangeError);
});

test("pipeTo() refuses a batch that waits longer than the broker does", async () => {
  await using kit = await Kit.open(new MemoryBroker({ settleDeadlineMs: 500 }));
  const done = readable(kit.connection, orders, kit.options)
    .pipeThrough(batch({ max: 5, waitMs: 501 })).pipeThrough(ids)
    .pipeTo(sinkTo(kit.connection, lists));

  await assert.rejects(done, RangeError);
});

test("A batch in hand is extended while it waits", async () => {
  await using kit = await Kit.open(new MemoryBroker({ settleDeadlineMs: 500 }));
  const confirm = later();
  kit.onPublish = () => confirm.promise;
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(batch({ max: 5 })).pipeThrough(ids)
    .pipeTo(sinkTo(kit.connection, lists));

  await kit.send(1);
  await kit.clock.advance(5_000);
  confirm.resolve();
  await source.drain();
  await done;

  assert.deepEqual(kit.published, [[1]]);
  assert.deepEqual(kit.settled, ["ack"]);
});

/** Parts that stand together, or each behind one of another delivery. */
const placed: Readonly<Record<string, readonly string[]>> = {
  together: ["1a", "1b", "2a", "2b"],
  apart: ["1a", "2a", "1b", "2b"],
};
for (const [where, order] of Object.entries(placed)) {
  test(`Received.settle() of a batch waits for the broker, where it holds all parts of two deliveries ${where} too`, async () => {
    await using kit = await Kit.open();
    const gates = new Map(order.map((part) => [part, later()]));
    const pairs = readable(kit.connection, orders, kit.options)
      .pipeThrough(flatMap(({ items = [] }) => items))
      .pipeThrough(parallel(
        4,
        map(async (part) => {
          await gates.get(part)?.promise;
          return part;
        }),
        { unordered: true },
      ))
      .pipeThrough(batch({ max: 4, waitMs: 1_000 }));
    const reader = pairs.readable.getReader();
    const first = reader.read();
    await kit.order({ id: 1, items: ["1a", "1b"] });
    await kit.order({ id: 2, items: ["2a", "2b"] });
    for (const part of order) {
      await rest();
      gates.get(part)?.resolve();
    }
    const { value } = await first;
    const taken = later();
    kit.onSettle = () => taken.promise;

    let isSettled = false;
    const settled = value?.settle().then(() => isSettled = true);
    await rest();
    const before = isSettled;
    taken.resolve();
    await settled;

    assert.deepEqual(value?.payload, order);
    assert.equal(before, false);
    assert.deepEqual(kit.settled, ["ack", "ack"]);
    await reader.cancel();
  });
}
