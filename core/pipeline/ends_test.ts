import {
  batch,
  filter,
  flatMap,
  map,
  parallel,
  type Pipeline,
  pipeline,
  readable,
  type Received,
  RustStream,
  sinkTo,
  tap,
  withEach,
} from "@ruststream/core";
import { MemoryBroker } from "@ruststream/memory";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import {
  group,
  Kit,
  later,
  numbers,
  type Order,
  orders,
  rest,
  silent,
} from "./_kit_test.ts";

/** A stage of somebody else, that changes nothing. */
function foreign<T>(): TransformStream<Received<T>, Received<T>> {
  return new TransformStream();
}

/** Pipelines whose order 1 is stuck in a certain stage until the gate opens, and then becomes 1. */
type Stuck = (s: Pipeline<Order>, gate: Promise<void>) => Pipeline<number>;
const id = map(({ id }: Order) => id);
const stuckIn: Readonly<Record<string, Stuck>> = {
  map: (s, gate) =>
    s.pipeThrough(map(async ({ id }) => {
      await gate;
      return id;
    })),
  filter: (s, gate) =>
    s.pipeThrough(filter(async () => {
      await gate;
      return true;
    })).pipeThrough(id),
  flatMap: (s, gate) =>
    s.pipeThrough(flatMap(async ({ id }) => {
      await gate;
      return [id];
    })),
  tap: (s, gate) => s.pipeThrough(tap(() => gate)).pipeThrough(id),
  parallel: (s, gate) =>
    s.pipeThrough(parallel(
      2,
      map(async ({ id }) => {
        await gate;
        return id;
      }),
    )),
  withEach: (s, gate) =>
    s.pipeThrough(withEach(() =>
      new TransformStream<Order, number>({
        async transform({ id }, controller) {
          await gate;
          controller.enqueue(id);
        },
      })
    )),
  "a real stream": (s, gate) =>
    s.pipeThrough(foreign<Order>()).pipeThrough(map(async ({ id }) => {
      await gate;
      return id;
    })),
};

for (const [stage, build] of Object.entries(stuckIn)) {
  test(`Draining waits for what is in ${stage}`, async () => {
    await using kit = await Kit.open();
    const gate = later();
    const source = readable(kit.connection, orders, kit.options);
    const done = build(source, gate.promise)
      .pipeTo(sinkTo(kit.connection, numbers));
    await kit.send(1);
    await rest();

    await source.drain();
    await kit.send(2);
    gate.resolve();
    await done;

    assert.deepEqual(kit.published, [1]);
    assert.deepEqual(kit.settled, ["ack"]);
    assert.deepEqual(await kit.remaining(), ["2#1"]);
  });

  test(`An abort gives back what is in ${stage}, and a later result goes nowhere`, async () => {
    await using kit = await Kit.open();
    const gate = later();
    const stop = new AbortController();
    const source = readable(kit.connection, orders, kit.options);
    const done = build(source, gate.promise)
      .pipeTo(sinkTo(kit.connection, numbers), { signal: stop.signal });
    const ended = assert.rejects(done, { message: "enough" });
    await kit.send(1, 2);
    await rest();

    stop.abort(new Error("enough"));
    await rest();
    await kit.clock.advance(5_000);
    await ended;
    gate.resolve();
    await rest();

    assert.deepEqual(kit.published, []);
    assert.deepEqual((await kit.remaining()).toSorted(), ["1#1", "2#1"]);
    assert.equal(kit.clock.pending, 0);
  });

  test(`A lost subscription errors the pipeline while an order is in ${stage}`, async () => {
    await using kit = await Kit.open();
    const gate = later();
    const source = readable(kit.connection, orders, kit.options);
    const done = build(source, gate.promise)
      .pipeTo(sinkTo(kit.connection, numbers));
    const ended = assert.rejects(done, /its subscription ended by itself/);
    await kit.send(1);
    await rest();

    kit.lose();
    await rest();
    await kit.clock.advance(5_000);
    await ended;
    gate.resolve();
    await rest();

    assert.deepEqual(kit.published, []);
    assert.equal(kit.codes.includes("subscription-lost"), true);
    assert.equal(kit.clock.pending, 0);
  });
}

test("An abort waits for a publish under way and settles by its result", async () => {
  await using kit = await Kit.open();
  const confirm = later();
  kit.onPublish = () => confirm.promise;
  const stop = new AbortController();
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(id)
    .pipeTo(sinkTo(kit.connection, numbers), { signal: stop.signal });
  const ended = assert.rejects(done, { message: "enough" });
  await kit.send(1);
  await rest();

  stop.abort(new Error("enough"));
  await rest();
  const before = [...kit.settled];
  confirm.resolve();
  await ended;

  assert.deepEqual(before, []);
  assert.deepEqual(kit.settled, ["ack"]);
  assert.deepEqual(await kit.remaining(), []);
});

test("An abort gives a publish under way back after graceMs, and drops its result", async () => {
  await using kit = await Kit.open();
  const confirm = later();
  kit.onPublish = () => confirm.promise;
  const stop = new AbortController();
  const source = readable(kit.connection, orders, {
    ...kit.options,
    graceMs: 100,
  });
  const done = source.pipeThrough(id)
    .pipeTo(sinkTo(kit.connection, numbers), { signal: stop.signal });
  const ended = assert.rejects(done, { message: "enough" });
  await kit.send(1);
  await rest();

  stop.abort(new Error("enough"));
  await kit.clock.advance(99);
  const before = [...kit.settled];
  await kit.clock.advance(1);
  await ended;
  confirm.resolve();
  await rest();

  assert.deepEqual(before, []);
  assert.deepEqual(kit.settled, ["release"]);
  assert.deepEqual(await kit.remaining(), ["1#1"]);
});

test("An abort gives back at once what waits to be published again", async () => {
  await using kit = await Kit.open();
  kit.onPublish = () => Promise.reject(kit.down);
  const stop = new AbortController();
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(id)
    .pipeTo(sinkTo(kit.connection, numbers), { signal: stop.signal });
  const ended = assert.rejects(done, { message: "enough" });
  await kit.send(1);
  await rest();

  stop.abort(new Error("enough"));
  await ended;

  assert.deepEqual(await kit.remaining(), ["1#1"]);
  assert.equal(kit.clock.pending, 0);
});

test("An abort gives back a batch that waits", async () => {
  await using kit = await Kit.open();
  const stop = new AbortController();
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(id)
    .pipeThrough(batch({ max: 9, waitMs: 10_000 }))
    .pipeThrough(map((all) => all.length))
    .pipeTo(sinkTo(kit.connection, numbers), { signal: stop.signal });
  const ended = assert.rejects(done, { message: "enough" });
  await kit.send(1, 2);
  await rest();

  stop.abort(new Error("enough"));
  await ended;

  assert.deepEqual(kit.published, []);
  assert.deepEqual(await kit.remaining(), ["1#1", "2#1"]);
  assert.equal(kit.clock.pending, 0);
});

test("Middleware that waits for a pipeline is told that its delivery was given back", async () => {
  const seen: unknown[] = [];
  const running = await new RustStream({
    title: "shop",
    version: "1.0.0",
    logger: silent,
  })
    .use((next) => async (ctx) => {
      try {
        return await next(ctx);
      } catch (error) {
        seen.push(error);
        throw error;
      }
    })
    .withBroker(new MemoryBroker(), (b) =>
      b.include(pipeline(
        orders,
        { group },
        (s, io) =>
          s.pipeThrough(map(() => new Promise<number>(() => {})))
            .pipeTo(io.sinkTo(numbers)),
      )))
    .start();

  await running.publisher.publish(orders, { id: 1 });
  await rest();
  await running.stop({ drainMs: 0 });

  assert.deepEqual(
    seen.map((error) => error instanceof Error && error.name),
    ["AbortError"],
  );
});

test("An abort publishes none of the parts that wait behind one under way", async () => {
  await using kit = await Kit.open();
  const confirm = later();
  kit.onPublish = () => confirm.promise;
  const stop = new AbortController();
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(flatMap(() => [1, 2, 3]))
    .pipeTo(sinkTo(kit.connection, numbers, { maxConfirms: 1 }), {
      signal: stop.signal,
    });
  const ended = assert.rejects(done, { message: "enough" });
  await kit.send(1);
  await rest();

  stop.abort(new Error("enough"));
  await rest();
  confirm.resolve();
  await ended;

  assert.deepEqual(kit.published, [1]);
  assert.deepEqual(kit.settled, ["release"]);
  assert.deepEqual(await kit.remaining(), ["1#1"]);
});

test("A pipeline that was drained before it ran reads nothing, and ends", async () => {
  await using kit = await Kit.open();
  await kit.remaining();
  await kit.send(1);
  const source = readable(kit.connection, orders, kit.options);

  await source.drain();
  await source.pipeThrough(id).pipeTo(sinkTo(kit.connection, numbers));

  assert.deepEqual(kit.published, []);
  assert.deepEqual(await kit.remaining(), ["1#1"]);
});

test("An abort before anything subscribes to nothing", async () => {
  await using kit = await Kit.open();
  const reason = new Error("enough");
  const source = readable(kit.connection, orders, kit.options);

  const done = source.pipeThrough(id).pipeTo(
    sinkTo(kit.connection, numbers),
    { signal: AbortSignal.abort(reason) },
  );

  await assert.rejects(done, reason);
});

test("An abort is told to the function that runs, by its signal", async () => {
  await using kit = await Kit.open();
  const stop = new AbortController();
  const reasons: unknown[] = [];
  const source = readable(kit.connection, orders, kit.options);
  const done = source
    .pipeThrough(map(({ id }, { signal }) => {
      signal.addEventListener("abort", () => reasons.push(signal.reason));
      return new Promise<number>(() => void id);
    }))
    .pipeTo(sinkTo(kit.connection, numbers), { signal: stop.signal });
  const ended = assert.rejects(done, { message: "enough" });
  await kit.send(1);
  await rest();

  stop.abort(new Error("enough"));
  await ended;

  assert.equal(reasons.length, 1);
});

test("timeoutMs ends the claim and frees the stage; a late result goes nowhere", async () => {
  await using kit = await Kit.open();
  const never = later<number>();
  const source = readable(kit.connection, orders, kit.options);
  const done = source
    .pipeThrough(
      map(({ id }) => id === 1 ? never.promise : id, { timeoutMs: 100 }),
    )
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1, 2);
  await kit.clock.advance(99);
  const before = [...kit.published];
  await kit.clock.advance(1);
  never.resolve(1);
  await rest();

  assert.deepEqual(before, []);
  assert.deepEqual(kit.published, [2]);
  assert.deepEqual(kit.settled.toSorted(), ["ack", "retry"]);
  const ended = source.drain();
  await ended;
  await done;
});

test("A pipeline of a connection that is shut down ends, and says what was not settled", async () => {
  await using kit = await Kit.open();
  const confirm = later();
  kit.onPublish = () => confirm.promise;
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(id).pipeTo(sinkTo(kit.connection, numbers));
  await kit.send(1);
  await rest();

  await kit.connection.shutdown();
  confirm.resolve();
  await done;

  assert.equal(kit.notices.some(({ level }) => level === "error"), true);
});

test("A pipeline whose subscription cannot be opened rejects with the reason", async () => {
  await using kit = await Kit.open();
  await kit.connection.shutdown();

  const done = readable(kit.connection, orders, kit.options).pipeThrough(id)
    .pipeTo(sinkTo(kit.connection, numbers));

  await assert.rejects(done, { code: "closed" });
});
