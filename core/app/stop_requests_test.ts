// What a stop does with replies that are still wanted.
import { channel, RustStream } from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import { type Connection, parseAddress } from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { info } from "./_kit_test.ts";

const answers = channel<number>("answers");
const asked = { ...channel<number>("asked"), reply: answers };
const minute = { timeoutMs: 60_000 };

/** An application that asks, and somebody who answers what it asked as often as is wanted. */
async function asking() {
  const clock = new VirtualClock();
  const broker = new MemoryBroker();
  const other = await broker.connect({ clock });
  const questions = (await other.subscribe(parseAddress("asked")))
    .deliveries.getReader();
  const running = await new RustStream(info).withBroker(broker)
    .start({ clock });
  let over = false;
  return {
    clock,
    publisher: running.publisherOf(broker),
    isOver: () => over,
    stop: (drainMs = 30_000) =>
      running.stop({ drainMs }).finally(() => over = true),
    answer: async (...bodies: readonly string[]) => {
      const { value } = await questions.read();
      for (const body of bodies) await answer(other, value?.replyTo, body);
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      await other.shutdown();
      assert.equal(clock.pending, 0);
    },
  };
}

async function answer(
  { publisher }: Connection,
  address = "",
  text: string,
): Promise<void> {
  await publisher.publish({ address, body: new TextEncoder().encode(text) });
}

test("a stop waits for a stream of replies until it ends, and all of them come", async () => {
  await using shop = await asking();
  const replies = Array.fromAsync(
    shop.publisher.requestMany(asked, 1, { ...minute, maxReplies: 2 }),
  );

  const stopped = shop.stop();
  await shop.clock.advance(5_000);
  const before = shop.isOver();
  await shop.answer("2", "3");
  await stopped;

  assert.equal(before, false);
  assert.deepEqual(await replies, [2, 3]);
});

test("a stop waits for a stream of replies that a handler has left behind no longer than its time", async () => {
  await using shop = await asking();
  const reader = shop.publisher.requestMany(asked, 1, {
    timeoutMs: 9_000,
    maxReplies: 2,
  }).getReader();
  await shop.answer("2", "3");
  const first = await reader.read();

  const stopped = shop.stop();
  await shop.clock.advance(8_999);
  const before = shop.isOver();
  await shop.clock.advance(1);
  await stopped;

  assert.deepEqual([first.value, before], [2, false]);
});

test("a stop ends a stream of replies with closed when its drain ends, and leaves no timer", async () => {
  await using shop = await asking();
  const replies = shop.publisher.requestMany(asked, 1, minute).getReader();
  const left = shop.publisher.requestMany(asked, 1, {
    ...minute,
    maxReplies: 2,
  });
  await shop.answer("2");
  await shop.answer("2", "3");
  const first = await replies.read();
  const next = assert.rejects(replies.read(), { code: "closed" });

  const stopped = shop.stop(5_000);
  await shop.clock.advance(4_999);
  const before = shop.isOver();
  await shop.clock.advance(1);
  await stopped;
  await next;

  assert.deepEqual([first.value, before, left.locked], [2, false, false]);
});

test("a stop does not wait for a stream of replies that was cancelled, aborted, refused or never sent", async () => {
  await using shop = await asking();
  const { requestMany } = shop.publisher;
  const stop = new AbortController();
  const { signal } = stop;
  const picky = {
    ...asked,
    codec: {
      contentType: "application/json",
      waits: true as const,
      encode: () => Promise.reject(new Error("no such schema")),
      decode: () => Promise.resolve(1),
    },
  };
  const reads = [
    requestMany(asked, 1, { ...minute, signal }),
    requestMany(asked, 1, { timeoutMs: -1 }),
    requestMany(picky, 1, minute),
  ].map((stream) => assert.rejects(stream.getReader().read()));
  await requestMany(asked, 1, minute).cancel();
  stop.abort();
  await Promise.all(reads);

  await shop.stop();

  assert.equal(shop.clock.now(), new VirtualClock().now());
});
