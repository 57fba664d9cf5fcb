import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { VirtualClock } from "@ruststream/core/testing";
import { Live, order, orders, take, textOf } from "./_kit_test.ts";
import { ordered, type OrderedOptions } from "./ordered.ts";
import { jetStreamSink } from "./sink.ts";
import type { OrderedSubscription } from "./subscription.ts";

const stream = { name: "ORDERS", subjects: ["orders.>"] } as const;
const numbers = (count: number, from = 1): string[] =>
  Array.from({ length: count }, (_, i) => String(i + from));

async function open(
  live: Live,
  options: Partial<OrderedOptions> = {},
): Promise<OrderedSubscription> {
  return await ordered(orders, { stream, ...options })
    .open(await live.connect());
}

async function publish(live: Live, ids: readonly string[]): Promise<void> {
  const publisher = await jetStreamSink({ stream, retries: 20 })
    .open(await live.connect());
  await Promise.all(ids.map((id) => publisher.publish(order(id))));
}

async function texts(
  subscription: OrderedSubscription,
  count: number,
): Promise<readonly string[]> {
  return (await take(subscription, count)).map(textOf);
}

/** Waits until the stream has so many consumers: nobody waits for the removal of one. */
async function consumers(live: Live, count: number): Promise<void> {
  await live.until(async () => {
    const { state } = await live.api("STREAM.INFO.ORDERS");
    const { consumer_count } = state as { readonly consumer_count: number };
    return consumer_count === count;
  });
}

test("ordered() reads what is there, and then what comes", async () => {
  await using live = await Live.start();
  await publish(live, ["1", "2"]);

  const subscription = await open(live);
  const first = await texts(subscription, 2);
  await publish(live, ["3"]);

  assert.deepEqual(first, ["1", "2"]);
  assert.deepEqual(await texts(subscription, 1), ["3"]);
});

test("ordered() begins where it is told", async () => {
  await using live = await Live.start();
  await publish(live, ["1", "2", "3"]);
  const [, second] = await take(await open(live), 2);

  const at = await open(live, { from: { sequence: 2 } });
  const time = await open(live, {
    from: second?.publishedAt ?? new Date(0),
  });
  const end = await open(live, { from: "end" });
  await publish(live, ["4"]);

  assert.deepEqual(await texts(at, 3), ["2", "3", "4"]);
  assert.equal((await texts(time, 2)).includes("2"), true);
  assert.deepEqual(await texts(end, 1), ["4"]);
});

test(
  "order has no gap while connections are cut and the server restarts",
  async () => {
    await using live = await Live.start();
    const count = 2_000;
    const subscription = await open(live, { prefetch: 100 });
    const publishing = publish(live, numbers(count));

    const seen: string[] = [];
    const faults: Promise<unknown>[] = [];
    for await (const batch of subscription.batches(16)) {
      const before = seen.length;
      seen.push(...batch.map(textOf));
      if (Math.floor(before / 300) < Math.floor(seen.length / 300)) {
        faults.push(
          faults.length === 3 ? live.server.restart() : live.proxy.cut(),
        );
      }
      if (seen.length >= count) break;
    }
    await Promise.all([publishing, ...faults]);

    assert.ok(faults.length >= 6);
    assert.equal(new Set(seen).size, count);
    assert.equal(seen.length, count);
  },
  { timeoutMs: 60_000 },
);

test("what was on its way when a connection was lost is read again", async () => {
  await using live = await Live.start();
  const subscription = await open(live);
  const reading = texts(subscription, 1);
  await live.settle();

  await live.proxy.stall();
  const publisher = await jetStreamSink({ stream }).open(await live.direct());
  await publisher.publish(order(1));
  await live.proxy.cut();
  await live.proxy.flow();

  // Nothing comes behind it that would show the gap.
  assert.deepEqual(await reading, ["1"]);
});

test("a consumer that is deleted under a reading is made again where it was", async () => {
  await using live = await Live.start();
  const subscription = await open(live);
  await publish(live, ["1", "2"]);
  const first = await texts(subscription, 1);
  const { consumers: names } = await live.api("CONSUMER.NAMES.ORDERS") as {
    readonly consumers: readonly string[];
  };

  for (const name of names) await live.api(`CONSUMER.DELETE.ORDERS.${name}`);

  assert.deepEqual([first, await texts(subscription, 1)], [["1"], ["2"]]);
  assert.equal(live.events.some(({ kind }) => kind === "reopened"), true);
});

test("a reading leaves no consumer behind, however often it was moved", async () => {
  await using live = await Live.start();
  await publish(live, ["1", "2"]);
  const subscription = await open(live);

  for (let i = 0; i < 5; i++) await subscription.seek("start");
  await consumers(live, 1);
  await subscription[Symbol.asyncDispose]();
  await consumers(live, 0);
});

test("an idle reading goes on at once after each lost connection, however many there were", async () => {
  await using live = await Live.start();
  // Nobody moves it: what waited before it tried again would wait for ever.
  const clock = new VirtualClock();
  const connection = await live.connect({}, clock);
  const subscription = await ordered(orders, { stream }).open(connection);
  const reading = texts(subscription, 1);
  const told = (kind: string): number =>
    live.events.filter((event) => event.kind === kind).length;

  for (let cuts = 1; cuts <= 3; cuts++) {
    await live.proxy.cut();
    await live.until(async () => {
      if (told("connected") <= cuts) await clock.advance(100);
      return told("reopened") === cuts;
    });
  }
  await publish(live, ["1"]);

  assert.deepEqual(await reading, ["1"]);
});

test("a reading cannot be shared", async () => {
  await using live = await Live.start();

  await assert.rejects(
    ordered(orders, { stream }).open(await live.connect(), { group: "g" }),
    { code: "unsupported" },
  );
});

test("nothing of a reading is retried", async () => {
  await using live = await Live.start();
  await publish(live, ["1"]);
  const [delivery] = await take(await open(live), 1);

  await assert.rejects(async () => await delivery?.settle({ kind: "retry" }), {
    code: "unsupported",
  });
  await delivery?.settle({ kind: "ack" });
});
