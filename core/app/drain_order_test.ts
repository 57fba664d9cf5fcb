import { test } from "@ruststream/conformance/runner";
import { parseAddress } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { channel } from "../channel.ts";
import { subscriber } from "../subscriber.ts";
import { gate, Kit, never, settleDown, waits } from "./_kit_test.ts";
import { type Flow, upstreamOf } from "./drain_order.ts";
import { overlap } from "./overlap.ts";

function flow(reads: string, ...writes: readonly string[]): Flow {
  return {
    broker: "memory",
    reads: parseAddress(reads),
    writes: writes.map((address) => ({
      broker: "memory",
      address: parseAddress(address),
    })),
  };
}

for (
  const [one, other, same] of [
    ["a.b", "a.b", true],
    ["a.b", "a.c", false],
    ["a.b", "a", false],
    ["a.{x}", "a.b", true],
    ["a.{x}", "{y}.b", true],
    ["a.{x}", "b.{y}", false],
    ["a.{rest+}", "a.b.c", true],
    ["a.{rest+}", "a", false],
    ["a.{rest+}", "b.c", false],
  ] as const
) {
  test(`overlap() of "${one}" and "${other}" is ${same}, either way round`, () => {
    const [a, b] = [parseAddress(one), parseAddress(other)];

    assert.deepEqual([overlap(a, b), overlap(b, a)], [same, same]);
  });
}

test("upstreamOf() gives all that leads there, over others too", () => {
  const flows = [flow("c"), flow("b", "c"), flow("a", "b")];

  const upstream = upstreamOf(flows).map((from) => [...from].sort());

  assert.deepEqual(upstream, [[1, 2], [2], []]);
});

test("upstreamOf() has nobody wait for a circle that it is in", () => {
  const flows = [flow("a", "b"), flow("b", "a", "c"), flow("c")];

  const upstream = upstreamOf(flows).map((from) => [...from].sort());

  assert.deepEqual(upstream, [[], [], [0, 1]]);
});

test("upstreamOf() keeps brokers apart, and follows what is published from one to another", () => {
  const away = { ...flow("b"), broker: "other" };
  const across = {
    ...flow("a"),
    writes: [{ broker: "other", address: parseAddress("b") }],
  };

  assert.deepEqual(upstreamOf([flow("a", "b"), away]), [[], []]);
  assert.deepEqual(upstreamOf([across, away]), [[], [0]]);
});

const orders = channel<number>("orders");
const receipts = channel<number>("receipts");

test("Running.stop() handles what a handler in hand still publishes to an ungrouped subscriber", async () => {
  const kit = new Kit();
  const held = gate();
  const seen: number[] = [];
  const running = await kit.app().withBroker(
    kit.memory,
    (b) =>
      b.include(subscriber(receipts, (receipt) => void seen.push(receipt)))
        .include(subscriber(orders, { reply: receipts }, async (order) => {
          await held.promise;
          return order;
        })),
  ).start({ clock: kit.clock });
  await running.publisher.publish(orders, 7);
  await settleDown();

  const stopped = running.stop();
  const waited = await waits(stopped);
  held.resolve();
  const report = await stopped;

  assert.equal(waited, true);
  assert.deepEqual(seen, [7]);
  assert.deepEqual(report, { settled: 2, returned: 0, lost: 0 });
});

test("Running.stop() counts as lost what it could not drain because of who feeds it", async () => {
  const kit = new Kit();
  const running = await kit.app().withBroker(
    kit.memory,
    (b) =>
      b.include(subscriber(receipts, () => never()))
        .include(subscriber(orders, { reply: receipts }, () => never())),
  )
    .start({ clock: kit.clock });
  await running.publisher.publish(orders, 7);
  for (let n = 0; n < 100; n++) await running.publisher.publish(receipts, n);
  await settleDown();

  const stopped = running.stop({ drainMs: 1_000 });
  await settleDown();
  await kit.clock.advance(1_000);

  assert.deepEqual(await stopped, { settled: 0, returned: 0, lost: 101 });
});
