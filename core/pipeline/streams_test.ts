import {
  ack,
  batch,
  filter,
  flatMap,
  map,
  readable,
  type Received,
  reject,
  retry,
  sinkTo,
  tap,
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

/** A stage of somebody else, over what is Received. */
function foreign<T, U>(
  transform: (
    received: Received<T>,
    controller: TransformStreamDefaultController<Received<U>>,
  ) => void,
): TransformStream<Received<T>, Received<U>> {
  return new TransformStream({ transform });
}

test("readable() is a ReadableStream, read by hand and settled by hand", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options);
  await kit.send();
  const seen: number[] = [];
  const reading = (async () => {
    for await (const received of source) {
      seen.push(received.payload.id);
      await received.settle();
      if (seen.length === 2) break;
    }
  })();
  await rest();

  await kit.send(1, 2, 3);
  await reading;

  assert.equal(source instanceof ReadableStream, true);
  assert.deepEqual(seen, [1, 2]);
  assert.deepEqual(kit.settled.filter((kind) => kind === "ack"), [
    "ack",
    "ack",
  ]);
  assert.deepEqual(await kit.remaining(), ["3#1"]);
});

test("Received knows where its message was sent, and its attempt", async () => {
  await using kit = await Kit.open();
  const reader = readable(kit.connection, orders, kit.options).readable
    .getReader();
  await rest();
  await kit.send(1);

  const { value: first } = await reader.read();
  await first?.settle(retry({ afterMs: 0 }));
  const { value: again } = await reader.read();

  assert.equal(first?.address, "orders");
  assert.deepEqual([first?.attempt, again?.attempt], [1, 2]);
  await again?.settle();
  await reader.cancel();
});

test("A second use of Received is refused with settled", async () => {
  await using kit = await Kit.open();
  const reader = readable(kit.connection, orders, kit.options).readable
    .getReader();
  await rest();
  await kit.send(1, 2);
  const [{ value: one }, { value: two }] = [
    await reader.read(),
    await reader.read(),
  ];

  await one?.settle();
  const other = two?.with("other");

  await assert.rejects(async () => await one?.settle(), { code: "settled" });
  assert.throws(() => one?.with(1), { code: "settled" });
  await assert.rejects(async () => await two?.settle(), { code: "settled" });
  await other?.settle(reject("no"));
  assert.deepEqual(kit.settled, ["ack", "reject"]);
  await reader.cancel();
});

test("Received.settle() does the work for after an ack, of each part", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options)
    .pipeThrough(flatMap(() => ["a", "b"]));
  const reader = source.readable.getReader();
  const first = reader.read();
  await kit.send(1);
  const seen: string[] = [];

  for (const { value } of [await first, await reader.read()]) {
    const work = (): void => void seen.push(value?.payload ?? "");
    await value?.settle(ack().andAfter(work));
  }
  await rest();

  assert.deepEqual(kit.settled, ["ack"]);
  assert.deepEqual(seen, ["a", "b"]);
  await reader.cancel();
});

test("Received.settle() of parts tells the worst of them once, with the last", async () => {
  await using kit = await Kit.open();
  const reader = readable(kit.connection, orders, kit.options)
    .pipeThrough(flatMap(() => [1, 2, 3])).readable.getReader();
  await rest();
  await kit.send(1);
  const parts = [
    await reader.read(),
    await reader.read(),
    await reader.read(),
  ];

  await parts[0]?.value?.settle();
  await parts[1]?.value?.settle(reject("bad"));
  const before = [...kit.settled];
  await parts[2]?.value?.settle(retry());

  assert.deepEqual(before, []);
  assert.deepEqual(kit.settled, ["reject"]);
  await reader.cancel();
});

test("Received.settle() rejects with what the broker refuses by", async () => {
  await using kit = await Kit.open();
  kit.onSettle = () => Promise.reject(new Error("no"));
  const reader = readable(kit.connection, orders, kit.options).readable
    .getReader();
  await rest();
  await kit.send(1);
  const { value } = await reader.read();

  await assert.rejects(async () => await value?.settle(), { message: "no" });

  await assert.rejects(
    async () => await value?.settle("ack" as never),
    TypeError,
  );
  await reader.cancel();
});

test("Cancelling gives back what was not read; what was read is still the reader's", async () => {
  await using kit = await Kit.open();
  const reader = readable(kit.connection, orders, kit.options).readable
    .getReader();
  await rest();
  await kit.send(1, 2, 3);
  const { value } = await reader.read();

  await reader.cancel();
  await rest();
  const settled = value?.settle();
  await settled;

  assert.deepEqual(kit.settled.filter((kind) => kind === "ack"), ["ack"]);
  assert.deepEqual(await kit.remaining(), ["2#1", "3#1"]);
  await rest();
  assert.equal(kit.clock.pending, 0);
});

test("Draining closes a stream that is read by hand behind what was taken", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options);
  const reader = source.readable.getReader();
  await rest();
  await kit.send(1, 2);
  await (await reader.read()).value?.settle();

  await source.drain();
  await kit.send(3);
  const { value } = await reader.read();
  const { done } = await reader.read();
  await value?.settle();
  await rest();

  assert.equal(value?.payload.id, 2);
  assert.equal(done, true);
  assert.deepEqual(kit.settled, ["ack", "ack"]);
  assert.deepEqual(await kit.remaining(), ["3#1"]);
});

test("A foreign stage from Received to Received stands in the middle, and what is owed goes through", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options);
  const done = source
    .pipeThrough(filter(({ id }) => id !== 2))
    .pipeThrough(foreign<Order, number>((received, controller) => {
      controller.enqueue(received.with(received.payload.id));
    }))
    .pipeThrough(flatMap((n) => [n, n * 10]))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1, 2, 3);
  await rest();

  assert.deepEqual(kit.published, [1, 10, 3, 30]);
  assert.deepEqual(kit.settled, ["ack", "ack", "ack"]);
  await source.drain();
  await done;
  assert.deepEqual(kit.notices, []);
});

test("Our stages behind a foreign one batch what comes in a turn", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options);
  const done = source
    .pipeThrough(foreign<Order, number>((received, controller) => {
      controller.enqueue(received.with(received.payload.id));
    }))
    .pipeThrough(batch({ max: 2 })).pipeThrough(map((all) => [...all]))
    .pipeTo(sinkTo(kit.connection, lists));

  await kit.send(1, 2, 3);
  await rest(20);

  assert.deepEqual(kit.published, [[1, 2], [3]]);
  await source.drain();
  await done;
});

test("Our stages as real streams, in a plain ReadableStream's pipe", async () => {
  await using kit = await Kit.open();
  const stop = later();
  const source = readable(kit.connection, orders, kit.options);
  const plain = new ReadableStream<Received<Order>>({
    async start(controller) {
      for await (const received of source) controller.enqueue(received);
      controller.close();
      stop.resolve();
    },
  });
  const done = plain.pipeThrough(map(({ id }: Order) => id))
    .pipeThrough(tap(() => {})).pipeThrough(flatMap((n: number) => [n, n]))
    .pipeTo(sinkTo(kit.connection, numbers));
  await rest();

  await kit.send(1, 2);
  await rest();
  await source.drain();
  await done;

  assert.deepEqual(kit.published, [1, 1, 2, 2]);
  assert.deepEqual(kit.settled, ["ack", "ack"]);
});

test("An abort behind a foreign stage gives back after graceMs what is not confirmed", async () => {
  await using kit = await Kit.open();
  const confirm = later();
  kit.onPublish = () => confirm.promise;
  const stop = new AbortController();
  const source = readable(kit.connection, orders, {
    ...kit.options,
    graceMs: 100,
  });
  const done = source
    .pipeThrough(foreign<Order, number>((received, controller) => {
      controller.enqueue(received.with(received.payload.id));
    }))
    .pipeTo(sinkTo(kit.connection, numbers), { signal: stop.signal });
  const ended = assert.rejects(done, { message: "enough" });
  await kit.send(1);
  await rest(20);

  stop.abort(new Error("enough"));
  await kit.clock.advance(100);
  await kit.clock.advance(100);
  await ended;
  confirm.resolve();
  await rest();

  assert.deepEqual(kit.settled, ["release"]);
  assert.deepEqual(await kit.remaining(), ["1#1"]);
});

test("What a foreign stage drops is given back at the end, with an error-level notice", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options);
  const done = source
    .pipeThrough(foreign<Order, number>((received, controller) => {
      if (received.payload.id === 2) return;
      controller.enqueue(received.with(received.payload.id));
    }))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1, 2);
  await rest();
  await source.drain();
  await done;

  assert.deepEqual(kit.settled, ["ack", "release"]);
  assert.deepEqual(kit.codes, ["unsettled"]);
  assert.deepEqual(await kit.remaining(), ["2#1"]);
});

test("A chunk that is not Received errors the pipeline, and nothing is lost", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options);
  const done = source
    .pipeThrough(foreign<Order, number>((received, controller) => {
      controller.enqueue(received.payload.id as never);
    }))
    .pipeTo(sinkTo(kit.connection, numbers));
  const ended = assert.rejects(done, TypeError);

  await kit.send(1);
  await rest(20);
  await kit.clock.advance(5_000);
  await ended;

  assert.deepEqual(kit.published, []);
  assert.deepEqual(await kit.remaining(), ["1#1"]);
});

test("A foreign stage that throws errors the pipeline, and nothing is lost", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options);
  const done = source
    .pipeThrough(foreign<Order, number>(() => {
      throw new Error("foreign");
    }))
    .pipeTo(sinkTo(kit.connection, numbers));
  const ended = assert.rejects(done, { message: "foreign" });

  await kit.send(1);
  await rest(20);
  await kit.clock.advance(5_000);
  await ended;

  assert.deepEqual(await kit.remaining(), ["1#1"]);
});

test("Pipeline.tee() throws: one delivery has one claim", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options);

  assert.throws(() => source.readable.tee(), TypeError);
});

test("A pipeline is used once", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options);
  const piped = source.pipeThrough(map(({ id }) => id));

  assert.equal(source.locked, true);
  assert.throws(() => source.pipeThrough(map(() => 1)), TypeError);
  assert.throws(() => source.readable.getReader(), TypeError);
  await assert.rejects(source.cancel(), TypeError);
  await assert.rejects(
    source.pipeTo(sinkTo(kit.connection, orders)),
    TypeError,
  );
  await piped.cancel();
  assert.equal(ack().settlement.kind, "ack");
});

test("A sink is used once", async () => {
  await using kit = await Kit.open();
  const sink = sinkTo(kit.connection, orders);
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeTo(sink);

  const other = readable(kit.connection, orders, kit.options).pipeTo(sink);

  await assert.rejects(other, TypeError);
  await source.drain();
  await done;
});
