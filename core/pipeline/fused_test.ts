import {
  channel,
  filter,
  flatMap,
  map,
  readable,
  sinkTo,
  tap,
  through,
  type,
} from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, later, numbers, orders, rest } from "./_kit_test.ts";

test("readable() runs map, filter and flatMap into a sink, and settles each order once", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options);
  const done = source
    .pipeThrough(filter(({ id }) => id !== 2))
    .pipeThrough(flatMap(({ id }) => [id * 10, id * 10 + 1]))
    .pipeThrough(map((n) => n + 1))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1, 2, 3);
  await rest();

  assert.deepEqual(kit.published, [11, 12, 31, 32]);
  assert.deepEqual(kit.settled, ["ack", "ack", "ack"]);
  await source.drain();
  await done;
});

test("readable() settles an order only when all of it is confirmed", async () => {
  await using kit = await Kit.open();
  const confirm = later();
  kit.onPublish = ({ body }) => body[0] === 50 ? confirm.promise : undefined;
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(flatMap(({ id }) => [id, 2]))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1);
  await rest();
  const before = [...kit.settled];
  confirm.resolve();
  await rest();

  assert.deepEqual(before, []);
  assert.deepEqual(kit.settled, ["ack"]);
  await source.drain();
  await done;
});

test("flatMap() to nothing acks", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(flatMap((): number[] => []))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1);
  await rest();

  assert.deepEqual(kit.settled, ["ack"]);
  await source.drain();
  await done;
});

test("map() that throws fails its own order, which comes again, and the pipeline goes on", async () => {
  await using kit = await Kit.open();
  let failures = 1;
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(map(({ id }) => {
    if (id === 1 && failures-- > 0) throw new Error("not yet");
    return id;
  })).pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1, 2);
  await kit.clock.advance(1_000);

  assert.deepEqual(kit.published, [2, 1]);
  assert.deepEqual(kit.settled.toSorted(), ["ack", "ack", "retry"]);
  assert.deepEqual(kit.codes, ["failing"]);
  await source.drain();
  await done;
});

for (
  const [what, wrong] of [
    ["rejects", () => Promise.reject(new Error("no"))],
    ["throws undefined", () => {
      const nothing: unknown = undefined;
      throw nothing;
    }],
    ["gives a thenable that throws", () => ({
      then: () => {
        throw new Error("no");
      },
    })],
  ] as const
) {
  test(`A stage's function that ${what} ends its claim and nothing else`, async () => {
    await using kit = await Kit.open();
    const source = readable(kit.connection, orders, kit.options);
    const done = source
      .pipeThrough(tap(({ id }) => id === 1 ? wrong() as never : undefined))
      .pipeThrough(map(({ id }) => id))
      .pipeTo(sinkTo(kit.connection, numbers));

    await kit.send(1, 2);
    await rest();

    assert.deepEqual(kit.published, [2]);
    assert.deepEqual(kit.settled.toSorted(), ["ack", "retry"]);
    await source.drain();
    await done;
  });
}

test("flatMap() takes its whole result first: a generator that fails half-way publishes nothing", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(flatMap(function* ({ id }) {
    yield id;
    throw new Error("half-way");
  })).pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1);
  await rest();

  assert.deepEqual(kit.published, []);
  assert.deepEqual(kit.settled, ["retry"]);
  await source.drain();
  await done;
});

test("flatMap() takes promises and async iterables, and no more than maxParts", async () => {
  await using kit = await Kit.open();
  const source = readable(kit.connection, orders, kit.options);
  const done = source
    .pipeThrough(flatMap(({ id }) => Promise.resolve([id, id + 1])))
    .pipeThrough(flatMap(async function* (n) {
      for (let part = 0; part < n; part++) yield part;
      await undefined;
    }, { maxParts: 3 }))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1, 3);
  await rest();

  assert.deepEqual(kit.published, [0, 0, 1, 0, 1, 2]);
  assert.deepEqual(kit.settled.toSorted(), ["ack", "retry"]);
  await source.drain();
  await done;
});

test("A failed part skips the parts that are not begun, and the order is told once", async () => {
  await using kit = await Kit.open();
  const seen: number[] = [];
  const source = readable(kit.connection, orders, kit.options);
  const done = source
    .pipeThrough(flatMap(() => [1, 2, 3, 4]))
    .pipeThrough(map((n) => {
      seen.push(n);
      if (n === 2) throw new Error("no");
      return n;
    }))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1);
  await rest();

  assert.deepEqual(seen, [1, 2]);
  assert.deepEqual(kit.published, [1]);
  assert.deepEqual(kit.settled, ["retry"]);
  await source.drain();
  await done;
});

test("The parts of an order carry the same ids when they go out again", async () => {
  await using kit = await Kit.open();
  let failures = 1;
  const source = readable(kit.connection, orders, kit.options);
  const done = source
    .pipeThrough(flatMap(() => [1, 2]))
    .pipeThrough(flatMap((n) => [n, -n]))
    .pipeThrough(tap((n) => {
      if (n === -2 && failures-- > 0) throw new Error("not yet");
    }))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(7);
  await kit.clock.advance(1_000);

  assert.deepEqual(kit.published, [1, -1, 2, 1, -1, 2, -2]);
  const [first, again] = [kit.ids.slice(0, 3), kit.ids.slice(3)];
  assert.deepEqual(first, again.slice(0, 3));
  assert.equal(new Set(again).size, 4);
  assert.equal(again.every((id) => typeof id === "string"), true);
  await source.drain();
  await done;
});

test("Pipelines of two groups give their messages ids of their own", async () => {
  await using kit = await Kit.open();
  const sources = ["one", "two"].map((group) =>
    readable(kit.connection, orders, { ...kit.options, group })
  );
  const done = sources.map((source) =>
    source.pipeThrough(map(({ id }) => id))
      .pipeTo(sinkTo(kit.connection, numbers))
  );

  await kit.send(1);
  await rest();

  assert.equal(new Set(kit.ids).size, 2);
  for (const source of sources) await source.drain();
  await Promise.all(done);
});

test("through() is both of its stages", async () => {
  await using kit = await Kit.open();
  const double = map((n: number) => n * 2);
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(map(({ id }) => id))
    .pipeThrough(through(double, double))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1);
  await rest();

  assert.deepEqual(kit.published, [4]);
  await source.drain();
  await done;
});

test("A serial stage is serial: an async function has one payload at a time", async () => {
  await using kit = await Kit.open();
  let running = 0;
  let most = 0;
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(map(async ({ id }) => {
    most = Math.max(most, ++running);
    await rest(1);
    running--;
    return id;
  })).pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1, 2, 3, 4);
  await rest(20);

  assert.equal(most, 1);
  assert.deepEqual(kit.published, [1, 2, 3, 4]);
  await source.drain();
  await done;
});

test("A serial stage sees the next payload only when the sink has room for it", async () => {
  await using kit = await Kit.open();
  const seen: number[] = [];
  const confirm = later();
  kit.onPublish = () => confirm.promise;
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(map(({ id }) => {
    seen.push(id);
    return id;
  })).pipeTo(sinkTo(kit.connection, numbers, { maxConfirms: 2 }));

  await kit.send(1, 2, 3, 4);
  await rest();
  const before = [...seen];
  confirm.resolve();
  await rest();

  assert.deepEqual(before, [1, 2]);
  assert.deepEqual(seen, [1, 2, 3, 4]);
  await source.drain();
  await done;
});

test("readable() takes no more than maxInFlight from the broker before it has settled", async () => {
  await using kit = await Kit.open();
  const confirm = later();
  kit.onPublish = () => confirm.promise;
  const received: number[] = [];
  const source = readable(kit.connection, orders, {
    ...kit.options,
    maxInFlight: 3,
    observer: { received: ({ bytes }) => void received.push(bytes) },
  });
  const done = source.pipeThrough(map(({ id }) => id))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1, 2, 3, 4, 5);
  await rest();
  const before = received.length;
  confirm.resolve();
  await rest();

  assert.equal(before, 3);
  assert.equal(received.length, 5);
  await source.drain();
  await done;
});

test("sinkTo() fills the parameters of its address from the payload", async () => {
  await using kit = await Kit.open();
  const to = channel("items.{order}", { payload: type<number>() });
  const addresses: string[] = [];
  kit.onPublish = ({ address }) => void addresses.push(address);
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(map(({ id }) => id)).pipeTo(
    sinkTo(kit.connection, to, { params: (n) => ({ order: String(n) }) }),
  );

  await kit.send(1, 2);
  await rest();

  assert.deepEqual(addresses, ["items.1", "items.2"]);
  await source.drain();
  await done;
});
