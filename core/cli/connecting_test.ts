// How a command on a live broker ends its connection.
import { test } from "@ruststream/conformance/runner";
import { bytes, channel, type RustStream, subscriber } from "@ruststream/core";
import { MessagingError } from "@ruststream/core/contract";
import { faulty, VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { quietApp, run, SharedBroker, TestWorld } from "./_kit_test.ts";
import { letter, put } from "./_letters_test.ts";

/** An application whose broker ends and publishes as it is told. */
function app(
  shutdown: () => Promise<void>,
  publish: () => unknown = () => {},
): RustStream {
  return quietApp().withBroker(faulty(new MemoryBroker(), {
    breaks: "Its end, and what it publishes.",
    connection: () => ({ shutdown }),
    publisher: () => ({ publish }),
  }));
}

test("a command whose broker does not shut down waits for it so long, and exits with 1", async () => {
  const clock = new VirtualClock();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const world = new TestWorld("publish a 1", undefined, clock);
  const code = run(
    world,
    app(() => {
      begin();
      return new Promise(() => {});
    }),
  );
  await begun;
  await clock.advance(5_000);

  assert.equal(await code, 1);
  assert.match(
    world.stderr,
    /\nCannot wait for broker "memory" any longer: not shut down after 5000 ms\n$/,
  );
  assert.equal(clock.pending, 0);
});

test("a command whose broker fails to flush what was sent exits with 1, and what failed before is told first", async () => {
  const refused = (code: "denied" | "connection") =>
    Promise.reject(new MessagingError(code, `Cannot: ${code}`));
  const lost = new TestWorld("publish a 1");
  const both = new TestWorld("publish a 1");

  assert.equal(await run(lost, app(() => refused("connection"))), 1);
  assert.equal(
    await run(both, app(() => refused("connection"), () => refused("denied"))),
    1,
  );

  assert.match(lost.stderr, /\nCannot: connection\n$/);
  assert.match(both.stderr, /\nCannot: denied\n$/);
});

const retain = { messages: 10 };

/** An application with two addresses of dead letters on one broker, and a third on another. */
function withLetters(first: MemoryBroker, second: MemoryBroker): RustStream {
  const failing = (name: string, dead: string) =>
    subscriber(
      channel(name),
      { group: "shop", deadLetter: bytes(dead) },
      () => {},
    );
  return quietApp()
    .withBroker(first, (b) =>
      b.include(failing("orders", "dead"))
        .include(failing("prices", "prices.dead")))
    .withBroker(second, (b) => b.include(failing("quotes", "quotes.dead")));
}

for (
  const args of [
    "publish orders 1",
    "request orders 1",
    "tail orders",
    "dead-letters list",
  ]
) {
  test(`${args} says once that its broker is nobody else's, where that lives inside one process`, async () => {
    const first = new MemoryBroker({ name: "first", retain });
    const second = new SharedBroker({ name: "second", retain });
    const world = new TestWorld(args);
    void world.said(/Tails/).then(() => world.send("SIGINT"));

    await run(world, withLetters(first, second));

    const warnings = world.stderr.split("\n").filter((line) =>
      line.includes("inside one process")
    );
    assert.deepEqual(warnings, [
      'Broker "first" lives inside one process: this command has one of its own, and reaches no running service; "run --feed ADDRESS=FILE" runs the service and feeds it',
    ]);
  });
}

test("dead-letters --limit connects no further broker once it has so many", async () => {
  const first = new SharedBroker({ name: "first", retain });
  await using connection = await first.connect();
  await put(connection, letter(1), letter(2));
  const away = faulty(new SharedBroker({ name: "second", retain }), {
    breaks: "Nobody can connect it.",
    broker: () => ({ connect: () => Promise.reject(new Error("it is away")) }),
  });
  const enough = new TestWorld("dead-letters list --limit 2");
  const more = new TestWorld("dead-letters list --limit 3");

  assert.equal(await run(enough, withLetters(first, away)), 0);
  assert.equal(await run(more, withLetters(first, away)), 1);

  assert.equal(enough.stderr, "2 dead letters\n");
  assert.match(more.stderr, /^2 dead letters\nit is away\n$/);
});
