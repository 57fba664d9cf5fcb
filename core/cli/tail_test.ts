import { test } from "@ruststream/conformance/runner";
import { channel, type RustStream, subscriber, type } from "@ruststream/core";
import {
  type Channel,
  type Codec,
  type Connection,
  headers,
  parseAddress,
  type SubscribeOptions,
  untilAborted,
} from "@ruststream/core/contract";
import { faulty } from "@ruststream/core/testing";
import type { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { quietApp, run, SharedBroker, TestWorld } from "./_kit_test.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** JSON back to front: what only its codec can read. */
const backwards: Codec = {
  contentType: "application/x-backwards",
  encode: (value) => ({
    body: encoder.encode(JSON.stringify(value)).toReversed(),
  }),
  decode: ({ body }) => JSON.parse(decoder.decode(body.toReversed())),
};

const odd: Channel<"odd.{n}", { id: number }, { id: number }, unknown> =
  channel("odd.{n}", { payload: type<{ id: number }>(), codec: backwards });

function shop(broker: MemoryBroker): RustStream {
  return quietApp().withBroker(
    broker,
    (b) => b.include(subscriber(odd, { group: "shop" }, () => {})),
  );
}

async function publish(
  { publisher }: Connection,
  address: string,
  body: string | Uint8Array,
): Promise<void> {
  await publisher.publish({
    address,
    body: typeof body === "string" ? encoder.encode(body) : body,
  });
}

test("tail writes each message as a line of JSON until a signal, and groups get all of it", async () => {
  const broker = new SharedBroker();
  await using connection = await broker.connect();
  const group = await connection.subscribe(parseAddress("a.{n}"), {
    group: "g",
  });
  const world = new TestWorld("tail a.{n}");
  const code = run(world, shop(broker));
  await world.said(/Tails "a\.\{n\}" on "memory"\n/);

  await connection.publisher.publish({
    address: "a.1",
    body: encoder.encode('{ "id": 1 }'),
    headers: headers([["Trace", "t"]]),
    key: "k",
  });
  await publish(connection, "a.2", "hello");
  await publish(connection, "a.3", Uint8Array.of(0xff, 0));
  await world.wrote(/"a\.3"/);
  world.send("SIGTERM");

  assert.equal(await code, 0);
  const lines = world.stdout.trimEnd().split("\n").map((line) => {
    const { at, ...rest } = JSON.parse(line);
    assert.ok(!Number.isNaN(Date.parse(at)));
    return rest;
  });
  assert.deepEqual(lines, [
    {
      address: "a.1",
      id: "1",
      key: "k",
      headers: [["Trace", "t"]],
      body: { id: 1 },
    },
    { address: "a.2", id: "2", text: "hello" },
    { address: "a.3", id: "3", base64: "/wA=" },
  ]);
  assert.deepEqual(await group.backlog(), { waiting: 3, unsettled: 0 });
});

test("tail reads by the codec that is declared, and ends by itself after --count", async () => {
  const broker = new SharedBroker();
  await using connection = await broker.connect();
  const world = new TestWorld("tail odd.1 --count 2");
  const code = run(world, shop(broker));
  await world.said(/Tails/);

  for (const id of [1, 2, 3]) {
    await publish(connection, "odd.1", backwards.encode({ id }).body);
  }

  assert.equal(await code, 0);
  const bodies = world.stdout.trimEnd().split("\n")
    .map((line) => JSON.parse(line).body);
  assert.deepEqual(bodies, [{ id: 1 }, { id: 2 }]);
});

test("tail writes for somebody who reads where it is a terminal, and ends with its reader", async () => {
  const broker = new SharedBroker();
  await using connection = await broker.connect();
  const world = new TestWorld("tail a");
  world.terminal = true;
  const code = run(world, shop(broker));
  await world.said(/Tails/);

  await publish(connection, "a", '{"id":1}');
  await world.wrote(/id/);
  world.leave();

  assert.equal(await code, 0);
  assert.match(
    world.stdout,
    /^\d{4}-\d\d-\d\dT[\d:.]+Z {2}a\n {2}\{"id":1\}\n$/,
  );
  assert.equal(world.leaving.size, 0);
});

test("tail ends in silence by a signal that comes while it subscribes", async () => {
  const world = new TestWorld("tail a");
  const slow = faulty(new SharedBroker(), {
    breaks: "Nobody answers a subscription before it is given up.",
    connection: () => ({
      subscribe: (_address: unknown, { signal }: SubscribeOptions = {}) =>
        untilAborted(() => {
          world.send("SIGINT");
          return new Promise(() => {});
        }, signal),
    }),
  });

  const code = await run(world, quietApp().withBroker(slow));

  assert.deepEqual([code, world.stdout, world.stderr], [0, "", ""]);
});

test("tail exits with 1 where its subscription ends by itself, and says so", async () => {
  const world = new TestWorld("tail a");
  const losing = faulty(new SharedBroker(), {
    breaks: "A subscription has ended before it is read.",
    subscription: (beneath) => ({
      deliveries: new ReadableStream({ start: (to) => to.close() }),
      [Symbol.asyncDispose]: () => beneath[Symbol.asyncDispose](),
    }),
  });

  const code = await run(world, quietApp().withBroker(losing));

  assert.equal(
    world.stderr,
    `Tails "a" on "memory"
Cannot tail "a" any longer: its subscription has ended
`,
  );
  assert.equal(code, 1);
});

for (
  const [args, line] of [
    ["tail", "Cannot tail: expected ADDRESS, found 0 words"],
    ["tail a b", "Cannot tail: expected ADDRESS, found 2 words"],
    [
      "tail a --count none",
      'Cannot take "--count none": expected a whole number of at least 1',
    ],
    [
      "tail a --cuont 1",
      'Cannot take "--cuont": "tail" has no such option; the nearest is "--count"',
    ],
  ] as const
) {
  test(`main() refuses "${args}" in one line, and exits with 2`, async () => {
    const world = new TestWorld(args);

    const code = await run(world, shop(new SharedBroker()));

    assert.equal(world.stderr, `${line}\n`);
    assert.equal(code, 2);
  });
}
