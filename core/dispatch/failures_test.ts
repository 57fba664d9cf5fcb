import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { channel } from "../channel.ts";
import { ack, type Outcome } from "../outcome.ts";
import { batchSubscriber, subscriber } from "../subscriber.ts";
import { Kit } from "./_kit_test.ts";

const orders = channel<{ id: number }>("orders");
const noWait = { initialMs: 1, maxMs: 1, jitter: false };

test("a handler that fails and is run again is told at its first failure, and at attempts 10 and 100", async () => {
  await using kit = new Kit();
  await kit.start(
    subscriber(orders, {
      retry: { backoff: noWait, maxAttempts: 150, order: "keep" },
    }, () => {
      throw new Error("a bug");
    }),
  );

  kit.push({ id: 1 });
  await kit.clock.advance(1_000);

  assert.deepEqual(
    kit.failing.map(({ level, message }) => [level, message]),
    [1, 10, 100].map((attempt) => [
      "warn",
      `Cannot handle a delivery of "orders" at attempt ${attempt}, and will try again: Error: a bug`,
    ]),
  );
});

for (
  const [what, thrown] of [
    ["an object without a prototype", Object.create(null)],
    [
      "an error whose message throws",
      Object.defineProperty(new Error(), "message", {
        get: () => {
          throw new Error("no message");
        },
      }),
    ],
  ] as const
) {
  for (const waits of [{}, { waits: true as const }]) {
    test(`a codec that throws ${what} leaves the delivery undecodable, ${"waits" in waits ? "later" : "at once"}`, async () => {
      await using kit = new Kit();
      const codec = {
        contentType: "application/odd",
        ...waits,
        encode: () => ({ body: new Uint8Array() }),
        decode: () => {
          throw thrown;
        },
      };
      await kit.start(subscriber(orders, { codec, concurrency: 4 }, () => {}));

      kit.push({ id: 1 });
      await kit.turns();

      assert.deepEqual(kit.codes, ["undecodable"]);
      assert.equal(kit.settled.length, 1);
    });
  }
}

test("a batch handler that returns a list with holes has failed", async () => {
  await using kit = new Kit();
  await kit.start(
    batchSubscriber(orders, {
      max: 2,
      retry: { maxAttempts: 1 },
    }, (batch) => {
      const outcomes: Outcome[] = new Array(batch.length);
      outcomes[1] = ack();
      return outcomes;
    }),
  );

  await kit.pushMany(2);

  assert.deepEqual(kit.codes, ["rejected", "rejected"]);
});
