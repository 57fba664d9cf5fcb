import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { Live, order } from "./_kit_test.ts";
import { jetStreamSink } from "./sink.ts";

const stream = { name: "ORDERS", subjects: ["orders.>"] } as const;
const nothing = new Uint8Array();

async function stored(live: Live): Promise<number> {
  const info = await live.api("STREAM.INFO.ORDERS");
  return (info["state"] as { readonly messages: number }).messages;
}

test("a message with rollup takes the place of those of its subject, or of all", async () => {
  await using live = await Live.start();
  const publisher = await jetStreamSink({
    stream: { ...stream, allowRollup: true },
  }).open(await live.connect());
  const counts: number[] = [];

  for (const id of [1, 1, 2]) await publisher.publish(order(id));
  counts.push(await stored(live));
  await publisher.publish(order(1), { rollup: "subject" });
  counts.push(await stored(live));
  await publisher.publish(order(1), { rollup: "all" });
  counts.push(await stored(live));

  assert.deepEqual(counts, [3, 2, 1]);
});

test("a message with increment counts, and its receipt says how far", async () => {
  await using live = await Live.start();
  const publisher = await jetStreamSink({
    stream: { ...stream, allowCounter: true },
  }).open(await live.connect());
  const letter = { address: "orders.count", body: nothing };
  const values: (bigint | undefined)[] = [];

  for (const increment of [1, -3, 2n ** 60n]) {
    values.push((await publisher.publish(letter, { increment })).value);
  }

  assert.deepEqual(values, [1n, -2n, 2n ** 60n - 2n]);
});

test("a rollup and an increment that are none are refused", async () => {
  await using live = await Live.start({ generation: "2.9" });
  const publisher = await jetStreamSink({ stream }).open(await live.connect());

  await assert.rejects(
    publisher.publish(order(1), { rollup: "sub" as "subject" }),
    TypeError,
  );
  await assert.rejects(publisher.publish(order(1), { increment: 1 }), {
    code: "unsupported",
    message: /"increment" needs a server of 2\.12/,
  });
  const plain = await publisher.publish(order(1));
  assert.equal("value" in plain, false);
});
