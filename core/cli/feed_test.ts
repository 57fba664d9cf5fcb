import { test } from "@ruststream/conformance/runner";
import {
  type Message,
  MessagingError,
  type Publisher,
  systemClock,
} from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { inputOf } from "./_kit_test.ts";
import { Feed } from "./feed.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Publishes that wait until the test says what becomes of them. */
class SlowPublisher implements Publisher {
  readonly confirms = "stored" as const;
  readonly bodies: string[] = [];
  readonly open: PromiseWithResolvers<void>[] = [];

  publish(message: Message): Promise<void> {
    this.bodies.push(decoder.decode(message.body));
    const settled = Promise.withResolvers<void>();
    this.open.push(settled);
    return settled.promise;
  }
}

function feedOf(count: number): Feed {
  const text = Array.from({ length: count }, (_, i) => `${i + 1}\n`).join("");
  return new Feed(
    { address: "orders", file: "f" },
    inputOf([encoder.encode(text)]),
  );
}

test("Feed has at most 256 publishes under way", async () => {
  const publisher = new SlowPublisher();
  const feed = feedOf(300);
  const stop = new AbortController();
  const said: string[] = [];
  const done = feed.run({
    clock: systemClock,
    publisher,
    signal: stop.signal,
    say: (line) => void said.push(line),
  });
  await systemClock.turn();
  assert.equal(publisher.open.length, 256);

  publisher.open[7]?.resolve();
  await systemClock.turn();
  assert.equal(publisher.open.length, 257);
  for (let i = 0; i < 300; i++) {
    publisher.open[i]?.resolve();
    await Promise.resolve();
    if (publisher.open.length <= i + 1) await systemClock.turn();
  }
  await done;

  assert.deepEqual(
    publisher.bodies,
    Array.from({ length: 300 }, (_, i) => `${i + 1}`),
  );
  assert.deepEqual(feed.counts, {
    read: 300,
    notJson: 0,
    published: 300,
    failed: 0,
  });
  assert.deepEqual(said, []);
});

test("Feed publishes again, in order, what the broker had no room for", async () => {
  const taken: string[] = [];
  let room = false;
  const publisher: Publisher = {
    confirms: "stored",
    publish({ body }) {
      const text = decoder.decode(body);
      if (!room && text !== "1") {
        return Promise.reject(new MessagingError("overloaded", "Cannot: full"));
      }
      taken.push(text);
      return Promise.resolve();
    },
  };
  const feed = feedOf(600);
  const done = feed.run({
    clock: {
      ...systemClock,
      sleep() {
        room = true;
        return Promise.resolve();
      },
    },
    publisher,
    signal: new AbortController().signal,
    say: () => {},
  });

  await done;

  assert.deepEqual(taken, Array.from({ length: 600 }, (_, i) => `${i + 1}`));
  assert.equal(feed.counts.published, 600);
  assert.equal(feed.counts.failed, 0);
});

test("Feed gives up what is under way a moment after a stop, and counts it", async () => {
  const publisher = new SlowPublisher();
  const feed = feedOf(3);
  const stop = new AbortController();
  const said: string[] = [];
  const done = feed.run({
    clock: { ...systemClock, after: (_, run) => systemClock.after(0, run) },
    publisher,
    signal: stop.signal,
    say: (line) => void said.push(line),
  });
  await systemClock.turn();
  publisher.open[0]?.resolve();
  stop.abort();

  await done;

  assert.deepEqual(feed.counts, {
    read: 3,
    notJson: 0,
    published: 1,
    failed: 2,
  });
  assert.deepEqual(said, [
    'Cannot publish 2 more lines of "f": it was stopped before there was room',
  ]);
});

test("Feed ends at a stop though a read is under way, and closes its input", async () => {
  let closed = false;
  const feed = new Feed({ address: "orders", file: "-" }, {
    read: () => Promise.withResolvers<undefined>().promise,
    close() {
      closed = true;
      return Promise.resolve();
    },
  });
  const stop = new AbortController();
  const done = feed.run({
    clock: systemClock,
    publisher: new SlowPublisher(),
    signal: stop.signal,
    say: () => {},
  });
  stop.abort();

  await done;

  assert.equal(closed, true);
  assert.equal(feed.ended, false);
});
