import {
  batch,
  filter,
  flatMap,
  map,
  parallel,
  readable,
  sinkTo,
  type Stage,
  tap,
  through,
} from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import {
  Kit,
  later,
  lists,
  numbers,
  type Order,
  orders,
  rest,
} from "./_kit_test.ts";

/** A stage whose payloads go on when the test says so. */
class Steps {
  readonly begun: number[] = [];
  readonly #waiting = new Map<number, () => void>();

  readonly stage: Stage<Order, number> = map(async ({ id }) => {
    this.begun.push(id);
    const { promise, resolve } = later();
    this.#waiting.set(id, resolve);
    await promise;
    return id;
  });

  async end(...ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      this.#waiting.get(id)?.();
      await rest(3);
    }
  }
}

test("parallel() runs n at once and emits in order of input", async () => {
  await using kit = await Kit.open();
  const steps = new Steps();
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(parallel(3, steps.stage))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1, 2, 3, 4);
  await rest();
  const first = [...steps.begun];
  await steps.end(3, 2);
  const before = [...kit.published];
  await steps.end(1, 4);

  assert.deepEqual(first, [1, 2, 3]);
  assert.deepEqual(before, []);
  assert.deepEqual(kit.published, [1, 2, 3, 4]);
  await source.drain();
  await done;
});

test("parallel() takes no more than it has places for", async () => {
  await using kit = await Kit.open();
  const steps = new Steps();
  const before: number[] = [];
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(tap(({ id }) => void before.push(id)))
    .pipeThrough(parallel(2, steps.stage))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1, 2, 3, 4);
  await rest();
  const first = [...before];
  await steps.end(1, 2, 3, 4);

  assert.deepEqual(first, [1, 2]);
  assert.deepEqual(before, [1, 2, 3, 4]);
  await source.drain();
  await done;
});

test("parallel() that is unordered emits as done", async () => {
  await using kit = await Kit.open();
  const steps = new Steps();
  const source = readable(kit.connection, orders, kit.options);
  const done = source
    .pipeThrough(parallel(2, steps.stage, { unordered: true }))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1, 2, 3);
  await rest();
  await steps.end(2, 3, 1);

  assert.deepEqual(kit.published, [2, 3, 1]);
  await source.drain();
  await done;
});

for (const unordered of [false, true]) {
  test(`parallel() runs one at a time per key, and other keys go on (unordered: ${unordered})`, async () => {
    await using kit = await Kit.open();
    const steps = new Steps();
    const source = readable(kit.connection, orders, kit.options);
    const done = source.pipeThrough(
      parallel(2, steps.stage, { key: ({ id }) => String(id % 2), unordered }),
    ).pipeTo(sinkTo(kit.connection, numbers));

    await kit.send(1, 3, 5, 2, 4);
    await rest();
    const first = [...steps.begun];
    await steps.end(1, 2, 3, 4, 5);

    assert.deepEqual(first, [1, 2]);
    assert.deepEqual(
      kit.published.filter((n) => n as number % 2 === 1),
      [1, 3, 5],
    );
    assert.equal(kit.published.length, 5);
    await source.drain();
    await done;
  });
}

test("parallel() keeps the parts of one payload together and in order", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options);
  const stage = through(
    filter(({ id }: Order) => id !== 2),
    flatMap(async ({ id }) => {
      await rest(5 - id);
      return [id, id * 10];
    }),
  );
  const done = source.pipeThrough(parallel(4, stage))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1, 2, 3, 4);
  await rest(20);

  assert.deepEqual(kit.published, [1, 10, 3, 30, 4, 40]);
  assert.equal(kit.settled.length, 4);
  await source.drain();
  await done;
});

test("A stage behind parallel() stays serial", async () => {
  await using kit = await Kit.open();
  let running = 0;
  let most = 0;
  const source = readable(kit.connection, orders, kit.options);
  const done = source
    .pipeThrough(parallel(
      4,
      map(async ({ id }) => {
        await undefined;
        return id;
      }),
      { unordered: true },
    ))
    .pipeThrough(map(async (n) => {
      most = Math.max(most, ++running);
      await rest(2);
      running--;
      return n;
    }))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1, 2, 3, 4);
  await rest(30);

  assert.equal(most, 1);
  assert.equal(kit.published.length, 4);
  await source.drain();
  await done;
});

test("parallel() passes idle on when its last payload ends, so a batch behind it leaves", async () => {
  await using kit = await Kit.open();
  const steps = new Steps();
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(parallel(2, steps.stage))
    .pipeThrough(batch({ max: 9 })).pipeThrough(map((all) => [...all]))
    .pipeTo(sinkTo(kit.connection, lists));

  await kit.send(1, 2);
  await rest();
  await steps.end(1);
  const before = [...kit.published];
  await steps.end(2);

  assert.deepEqual(before, []);
  assert.deepEqual(kit.published, [[1, 2]]);
  await source.drain();
  await done;
});

test("parallel() ends what has no key, and goes on", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(parallel(2, map(({ id }: Order) => id), {
    key: ({ id }) => id === 1 ? undefined as never : String(id),
  })).pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1, 2);
  await rest();

  assert.deepEqual(kit.published, [2]);
  assert.deepEqual(kit.settled.toSorted(), ["ack", "retry"]);
  await source.drain();
  await done;
});

test("parallel() refuses what holds payloads back, and what is no stage of ours", () => {
  assert.throws(() => parallel(2, batch({ max: 2 })), TypeError);
  assert.throws(() => parallel(2, parallel(2, map(() => 1))), TypeError);
  assert.throws(() => parallel(2, new TransformStream() as never), TypeError);
  assert.throws(() => parallel(0, map(() => 1)), RangeError);
});
