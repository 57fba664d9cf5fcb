import { test } from "@ruststream/conformance/runner";
import {
  type KeptMessage,
  type Message,
  onAbort,
} from "@ruststream/core/contract";
import { faulty } from "@ruststream/core/testing";
import type { MemoryConnection } from "@ruststream/memory";
import assert from "node:assert/strict";
import { run, TestWorld } from "./_kit_test.ts";
import {
  dead,
  idsOf,
  keeping,
  keptAt,
  letter,
  orders,
  put,
  shop,
} from "./_letters_test.ts";

test("dead-letters: 1,000 poisoned messages are listed, redriven with a filter, and handled exactly once each", async () => {
  const broker = keeping();
  await using connection = await broker.connect();
  const poison = (): never => {
    throw new Error("out of stock");
  };
  {
    await using poisoned = await shop(broker, poison).start();
    const all = Promise.withResolvers<void>();
    const seen = await connection.subscribe(dead);
    void (async () => {
      const reader = seen.deliveries.getReader();
      for (let n = 0; n < 1_000; n++) await reader.read();
      all.resolve();
    })();
    for (let id = 1; id <= 1_000; id++) {
      await poisoned.publisher.publish(orders, { id }, {
        headers: { half: id % 2 === 0 ? "even" : "odd" },
      });
    }
    await all.promise;
  }
  const handled: number[] = [];
  const rest = Promise.withResolvers<void>();
  const repaired = shop(broker, ({ id }) => {
    handled.push(id);
    if (handled.length === 500) rest.resolve();
  });
  await using _running = await repaired.start();
  const listed = new TestWorld("dead-letters list");
  const redriven = new TestWorld("dead-letters redrive --where half=even");

  assert.equal(await run(listed, repaired), 0);
  assert.equal(await run(redriven, repaired), 0);
  await rest.promise;

  assert.equal(listed.stdout.trimEnd().split("\n").length, 1_000);
  assert.equal(listed.stderr, "1000 dead letters\n");
  assert.deepEqual(JSON.parse(redriven.stdout), {
    matched: 500,
    redriven: 500,
    gone: 0,
    failed: 0,
  });
  const even = Array.from({ length: 500 }, (_, i) => 2 * (i + 1));
  assert.deepEqual(handled, even);
  assert.deepEqual(
    idsOf(await keptAt(connection, "dead")),
    even.map((id) => id - 1),
  );
});

test("dead-letters redrive sends the message as it was, and removes the letter", async () => {
  const broker = keeping();
  await using connection = await broker.connect();
  await put(connection, letter(1, { Trace: "t" }), letter(2));

  const world = new TestWorld("dead-letters redrive dead#1");
  const code = await run(world, shop(broker));

  const [sent, ...others] = await keptAt(connection, "orders");
  assert.equal(code, 0);
  assert.deepEqual(others, []);
  assert.deepEqual(
    [...sent?.message.headers ?? []],
    [["message-id", "order-1"], ["Trace", "t"]],
  );
  assert.equal(sent?.message.key, "k");
  assert.deepEqual(idsOf([...sent === undefined ? [] : [sent]]), [1]);
  assert.deepEqual(idsOf(await keptAt(connection, "dead")), [2]);
});

test("dead-letters redrive leaves a letter that cannot be sent, names it, and goes on", async () => {
  const broker = keeping();
  await using connection = await broker.connect();
  await put(
    connection,
    letter(1, { "ruststream-dead-letter-address": "not..lawful" }),
    letter(2),
  );

  const world = new TestWorld("dead-letters redrive");
  const code = await run(world, shop(broker));

  assert.deepEqual(JSON.parse(world.stdout), {
    matched: 2,
    redriven: 1,
    gone: 0,
    failed: 1,
  });
  assert.match(world.stderr, /^Cannot redrive "dead#1": .*not\.\.lawful.*\n$/);
  assert.deepEqual(idsOf(await keptAt(connection, "dead")), [1]);
  assert.equal(code, 1);
});

test("dead-letters redrive keeps a letter until its publish is confirmed", async () => {
  const broker = keeping();
  await using connection = await broker.connect();
  await put(connection, letter(1));
  const refusing = faulty(broker, {
    breaks: "Nothing is kept.",
    connection: () => ({
      keep: () => Promise.reject(new Error("the disk is full")),
    }),
  });

  const world = new TestWorld("dead-letters redrive");
  const code = await run(world, shop(refusing));

  assert.equal(world.stderr, 'Cannot redrive "dead#1": the disk is full\n');
  assert.deepEqual(idsOf(await keptAt(connection, "dead")), [1]);
  assert.equal(code, 1);
});

test("dead-letters redrive --to sends elsewhere, and gives a letter one id however often it is sent there", async () => {
  const broker = keeping();
  await using connection = await broker.connect();
  await put(connection, letter(1));
  const ids: unknown[] = [];
  const crashing = faulty(broker, {
    breaks: "It crashes before a letter is removed.",
    connection: (beneath) => ({
      keep: (message: Message, options: { readonly dedupeId?: string }) => {
        ids.push(options.dedupeId);
        return (beneath as MemoryConnection).keep(message);
      },
      kept: async (address: typeof dead) => {
        const kept = await (beneath as MemoryConnection).kept(address);
        return {
          read: () => kept.read(),
          remove: () => Promise.reject(new Error("crashed")),
        };
      },
    }),
  });

  for (let twice = 0; twice < 2; twice++) {
    const world = new TestWorld("dead-letters redrive --to elsewhere");
    assert.equal(await run(world, shop(crashing)), 1);
  }

  const [one, two] = ids;
  assert.equal(typeof one, "string");
  assert.equal(one, two);
  assert.equal((await keptAt(connection, "elsewhere")).length, 2);
});

test("dead-letters stops at a signal between two letters, and says so", async () => {
  const broker = keeping();
  await using connection = await broker.connect();
  await put(connection, letter(1), letter(2));
  const world = new TestWorld("dead-letters redrive");
  const interrupted = faulty(broker, {
    breaks: "Nothing: it is interrupted.",
    connection: (beneath) => ({
      keep: (message: Message) => {
        world.send("SIGINT");
        return (beneath as MemoryConnection).keep(message);
      },
    }),
  });

  const code = await run(world, shop(interrupted));

  assert.equal(JSON.parse(world.stdout).redriven, 1);
  assert.equal(
    world.stderr,
    "Stopped by a signal: the rest is as it was\n",
  );
  assert.deepEqual(idsOf(await keptAt(connection, "dead")), [2]);
  assert.equal(code, 1);
});

test("dead-letters ends at a signal while it reads, and says so", async () => {
  const broker = keeping();
  await using connection = await broker.connect();
  await put(connection, letter(1));
  const world = new TestWorld("dead-letters list");
  const stalled = faulty(broker, {
    breaks: "Nothing more is read until it is given up.",
    connection: (beneath) => ({
      kept: async (address: typeof dead) => {
        const kept = await (beneath as MemoryConnection).kept(address);
        return {
          count: () => kept.count(),
          read: ({ signal }: { readonly signal?: AbortSignal } = {}) =>
            new ReadableStream<KeptMessage>({
              start: (to) => void onAbort(signal, (reason) => to.error(reason)),
              pull() {
                world.send("SIGTERM");
                return new Promise(() => {});
              },
            }, { highWaterMark: 0 }),
        };
      },
    }),
  });

  const code = await run(world, shop(stalled));

  assert.equal(code, 1);
  assert.equal(
    world.stderr,
    "Stopped by a signal: the rest is as it was\n0 dead letters\n",
  );
});
