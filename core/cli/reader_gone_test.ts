// What is done for the reader of standard output ends with that reader.
import { test } from "@ruststream/conformance/runner";
import type { AddressPattern, KeptMessage } from "@ruststream/core/contract";
import { faulty } from "@ruststream/core/testing";
import { MemoryBroker, type MemoryConnection } from "@ruststream/memory";
import assert from "node:assert/strict";
import { listen, quietApp, run, TestWorld } from "./_kit_test.ts";
import { keeping, letter, put, shop } from "./_letters_test.ts";

test("dead-letters list reads no faster than its reader, and no further when that has gone", async () => {
  const broker = keeping();
  await using connection = await broker.connect();
  await put(connection, letter(1), letter(2), letter(3));
  const world = new TestWorld("dead-letters list");
  let reads = 0;
  const before: number[] = [];
  world.flushed = () => {
    before.push(reads);
    if (before.length === 2) world.leave();
    return Promise.resolve();
  };
  const counting = faulty(broker, {
    breaks: "Nothing: it counts what is read.",
    connection: (beneath) => ({
      kept: async (address: AddressPattern) => {
        const kept = await (beneath as MemoryConnection).kept(address);
        const reader = kept.read().getReader();
        return {
          read: () =>
            new ReadableStream<KeptMessage>({
              async pull(to) {
                reads++;
                const { done, value } = await reader.read();
                if (done) to.close();
                else to.enqueue(value);
              },
              cancel: () => reader.cancel(),
            }, { highWaterMark: 0 }),
        };
      },
    }),
  });

  const code = await run(world, shop(counting));

  assert.deepEqual(before, [1, 2]);
  assert.equal(world.stdout.trimEnd().split("\n").length, 2);
  assert.doesNotMatch(world.stderr, /signal/);
  assert.equal(code, 0);
  assert.equal(world.leaving.size, 0);
});

test("request - asks nobody more when the reader of the replies has gone", async () => {
  const broker = new MemoryBroker();
  await using connection = await broker.connect();
  const next = await listen(connection, "quotes");
  const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
  const chunks = [Promise.resolve(new TextEncoder().encode("1\n")), promise];
  const world = new TestWorld("request quotes -").file("-", () => ({
    read: () => chunks.shift() ?? new Promise(() => {}),
    close: () => Promise.resolve(resolve(undefined)),
  }));
  const code = run(world, quietApp().withBroker(broker));

  const { replyTo = "" } = await next();
  const body = new TextEncoder().encode("7");
  await connection.publisher.publish({ address: replyTo, body });
  await world.wrote(/7/);
  world.leave();

  assert.equal(await code, 1);
  assert.equal(world.stdout, "7\n");
  assert.equal(world.leaving.size, 0);
});
