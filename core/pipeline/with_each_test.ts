import { map, readable, sinkTo, withEach } from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, numbers, type Order, orders, rest } from "./_kit_test.ts";

/** Transforms as a test says, counting how often one was opened. */
function opening(
  transform: (
    order: Order,
    controller: TransformStreamDefaultController<number>,
  ) => void | Promise<void>,
): { open: () => TransformStream<Order, number>; count: () => number } {
  let count = 0;
  return {
    open: () => {
      count++;
      return new TransformStream({ transform });
    },
    count: () => count,
  };
}

test("withEach() joins what comes out of a transform with what is owed for what went in", async () => {
  await using kit = await Kit.open();
  const { open, count } = opening(({ id }, out) => out.enqueue(id * 2));
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(withEach(open))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1, 2, 3);
  await rest(20);

  assert.deepEqual(kit.published, [2, 4, 6]);
  assert.deepEqual(kit.settled, ["ack", "ack", "ack"]);
  assert.equal(count(), 1);
  await source.drain();
  await done;
});

test("withEach() opens a fresh transform after one has failed", async () => {
  await using kit = await Kit.open();
  const { open, count } = opening(({ id }, out) => {
    if (id === 2) throw new Error("no");
    out.enqueue(id);
  });
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(withEach(open))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1, 2, 3);
  await rest(20);

  assert.deepEqual(kit.published, [1, 3]);
  assert.deepEqual(kit.settled.toSorted(), ["ack", "ack", "retry"]);
  assert.equal(count(), 2);
  await source.drain();
  await done;
});

test("withEach() times out by default where nothing comes out, and a late result is nobody's", async () => {
  await using kit = await Kit.open();
  let late: () => void = () => {};
  const { open, count } = opening(({ id }, out) => {
    if (id === 1) late = () => out.enqueue(1);
    else out.enqueue(id);
  });
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(withEach(open))
    .pipeThrough(map((n) => n)).pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1, 2);
  await kit.clock.advance(29_999);
  const before = [...kit.published];
  await kit.clock.advance(1);
  try {
    late();
  } catch {
    // Its transform is gone.
  }
  await rest(20);

  assert.deepEqual(before, []);
  assert.deepEqual(kit.published, [2]);
  assert.equal(count(), 2);
  await source.drain();
  await done;
});

test("withEach() fails the payload that cannot be told from what came uncalled for", async () => {
  await using kit = await Kit.open();
  const { open, count } = opening(({ id }, out) => {
    out.enqueue(id);
    if (id === 1) out.enqueue(-id);
  });
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(withEach(open))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1);
  await rest();
  await kit.send(2, 3);
  await rest(20);

  assert.deepEqual(kit.published, [1, 3]);
  assert.deepEqual(kit.settled.toSorted(), ["ack", "ack", "retry"]);
  assert.equal(count(), 2);
  await source.drain();
  await done;
});

test("withEach() fails a payload whose transform cannot be opened", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(
    withEach((): TransformStream<Order, number> => {
      throw new Error("no transform");
    }),
  ).pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1);
  await rest();

  assert.deepEqual(kit.settled, ["retry"]);
  await source.drain();
  await done;
});
