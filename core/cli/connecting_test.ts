// How a command on a live broker ends its connection.
import { test } from "@ruststream/conformance/runner";
import type { RustStream } from "@ruststream/core";
import { MessagingError } from "@ruststream/core/contract";
import { faulty, VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { quietApp, run, TestWorld } from "./_kit_test.ts";

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
