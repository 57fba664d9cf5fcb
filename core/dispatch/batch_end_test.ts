import {
  ack,
  batchSubscriber,
  channel,
  retry,
  type Settings,
} from "@ruststream/core";
import type { AsyncCodec } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const backoff = { initialMs: 10, maxMs: 10, jitter: false };
const byKey = ({ key = "" }: Order): string => key;

const held: readonly (readonly [string, Settings])[] = [
  ["yields", { retry: { backoff } }],
  ["keeps its order", { retry: { backoff, order: "keep" } }],
  ["keeps its key", {
    orderBy: byKey,
    retry: { backoff, maxAttempts: Infinity },
  }],
];
for (const [how, settings] of held) {
  test(`a batch element that is held and ${how} runs again though nothing more arrives`, async () => {
    await using kit = new Kit({ delayedRetry: false });
    const batches: string[] = [];
    await kit.start(
      batchSubscriber(orders, { max: 10, ...settings } as { max: 10 }, (
        batch,
      ) => {
        batches.push(batch.map((e) => `${e.payload.id}/${e.attempt}`).join());
        return batch.map((e) => e.attempt === 1 ? retry() : ack());
      }),
    );

    await kit.pushMany(3, (n) => `k${n}`);
    await kit.clock.advance(100);

    assert.equal(batches[0], "1/1,2/1,3/1");
    assert.deepEqual(
      batches.slice(1).flatMap((ids) => ids.split(",")).toSorted(),
      ["1/2", "2/2", "3/2"],
    );
    assert.equal(kit.settled.length, 3);
  });
}

test("a batch never holds two of a key, and all of a key go in order", async () => {
  await using kit = new Kit();
  const batches: string[][] = [];
  await kit.start(
    batchSubscriber(
      orders,
      {
        max: 100,
        orderBy: byKey,
        retry: { maxAttempts: Infinity },
      },
      (batch) =>
        void batches.push(batch.map(({ payload }) => payload.key ?? "")),
    ),
  );

  await kit.pushMany(90, (n) => `k${n % 3}`);

  assert.ok(batches.every((keys) => new Set(keys).size === keys.length));
  assert.equal(batches.flat().length, 90);
});

test("a chunk of one key, longer than may wait behind it, comes through", async () => {
  await using kit = new Kit();
  const seen: number[] = [];
  await kit.start(
    batchSubscriber(orders, {
      max: 500,
      orderBy: byKey,
      retry: { maxAttempts: Infinity },
    }, (batch) => void seen.push(...batch.map(({ payload }) => payload.id))),
  );

  await kit.pushMany(300, () => "a");

  assert.deepEqual(seen, Array.from({ length: 300 }, (_, n) => n + 1));
});

test('a batch that throws under order "keep" is retried in order, one by one, before anything later', async () => {
  await using kit = new Kit({}, { seed: 11 });
  const batches: string[] = [];
  await kit.start(
    batchSubscriber(
      orders,
      { max: 4, retry: { order: "keep" } },
      async (batch) => {
        batches.push(batch.map(({ payload }) => payload.id).join());
        if (batches.length > 1) return;
        // Meanwhile the next batch is collected.
        await kit.clock.sleep(10);
        throw new Error("no");
      },
    ),
  );

  await kit.pushMany(6);
  await kit.clock.advance(10_000);

  assert.deepEqual(batches, ["1,2,3,4", "1", "2", "3", "4", "5,6"]);
});

test("elements that come back while the next batch is full make no batch larger", async () => {
  await using kit = new Kit({ delayedRetry: false });
  const batches: string[] = [];
  await kit.start(
    batchSubscriber(orders, { max: 3 }, async (batch) => {
      batches.push(batch.map(({ payload }) => payload.id).join());
      if (batches.length === 1) return retry({ afterMs: 5 });
      await kit.clock.sleep(10);
      return ack();
    }),
  );

  await kit.pushMany(9);
  await kit.clock.advance(1_000);

  const sizes = batches.map((ids) => ids.split(",").length);
  assert.deepEqual(batches.slice(0, 3), ["1,2,3", "4,5,6", "7,8,9"]);
  assert.ok(sizes.every((size) => size <= 3), sizes.join());
  assert.equal(kit.settled.length, 9);
});

for (const waitMs of [0, 1_000]) {
  test(`a stop gives back what is collected and not run, waitMs ${waitMs}`, async () => {
    await using kit = new Kit();
    const gate = Promise.withResolvers<void>();
    const sizes: number[] = [];
    const running = await kit.start(
      batchSubscriber(orders, { max: 3, waitMs }, (batch) => {
        sizes.push(batch.length);
        return gate.promise;
      }),
    );
    await kit.pushMany(5);

    const stopping = running.stop();
    await kit.turns();
    gate.resolve();
    const report = await stopping;

    assert.deepEqual(sizes, [3]);
    assert.deepEqual(kit.settled, [
      ...["4 release", "5 release", "1 ack", "2 ack", "3 ack"],
    ]);
    assert.deepEqual(report, { settled: 3, returned: 2, lost: 0 });
  });

  test(`where nothing is redelivered a stop runs a half-full batch at once, waitMs ${waitMs}`, async () => {
    await using kit = new Kit({ redelivery: "none" });
    const sizes: number[] = [];
    await kit.start(
      batchSubscriber(orders, { max: 3, waitMs }, async (batch) => {
        sizes.push(batch.length);
        await kit.clock.sleep(1);
      }),
    );
    await kit.pushMany(8);

    const [report, took] = await kit.stop();

    assert.deepEqual(sizes, [3, 3, 2]);
    assert.deepEqual(report, { settled: 8, returned: 0, lost: 0 });
    assert.ok(took < 10, `it took ${took} ms`);
  });
}

test("where nothing is redelivered a stop waits for no more elements of a key either", async () => {
  await using kit = new Kit({ redelivery: "none" });
  const sizes: number[] = [];
  await kit.start(
    batchSubscriber(orders, {
      max: 3,
      waitMs: 1_000,
      orderBy: byKey,
      retry: { maxAttempts: Infinity },
    }, (batch) => void sizes.push(batch.length)),
  );
  await kit.pushMany(3, () => "a");

  const [report, took] = await kit.stop();

  assert.deepEqual(sizes, [1, 1, 1]);
  assert.deepEqual(report, { settled: 3, returned: 0, lost: 0 });
  assert.equal(took, 0);
});

test("what decodes for a batch while a stop begins is given back", async () => {
  await using kit = new Kit();
  let ran = 0;
  const codec: AsyncCodec = {
    contentType: "application/json",
    waits: true,
    encode: () => ({ body: new Uint8Array() }),
    async decode() {
      await kit.clock.sleep(20);
      return { id: 1 };
    },
  };
  await kit.start(
    batchSubscriber(orders, { max: 2, codec }, () => void ran++),
  );
  await kit.pushMany(2);

  const [report] = await kit.stop();

  assert.equal(ran, 0);
  assert.deepEqual(kit.settled.toSorted(), ["1 release", "2 release"]);
  assert.deepEqual(report, { settled: 0, returned: 2, lost: 0 });
});

test("an element that is no longer ours is not settled, and the others are", async () => {
  await using kit = new Kit({ settleDeadlineMs: 1_000 });
  kit.onExtend = (id) => id !== "2";
  await kit.start(
    batchSubscriber(orders, { max: 3 }, () => kit.clock.sleep(800)),
  );

  await kit.pushMany(3);
  await kit.clock.advance(800);

  assert.deepEqual(kit.settled, ["1 ack", "3 ack"]);
  assert.deepEqual(kit.codes, ["lease-lost"]);
});
