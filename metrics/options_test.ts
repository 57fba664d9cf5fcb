import { test } from "@ruststream/conformance/runner";
import { metrics } from "@ruststream/metrics";
import assert from "node:assert/strict";

const refused: readonly (readonly [string, object, typeof TypeError])[] = [
  ["an unknown option", { registy: {} }, TypeError],
  ["a prefix that no name may have", { prefix: "my-shop_" }, TypeError],
  ["a registry that takes nothing", { registry: {} }, TypeError],
  ["a label that is no name", { labels: { "a-b": () => "" } }, TypeError],
  ["a label of Prometheus", { labels: { __name__: () => "" } }, TypeError],
  ["a label that is there", { labels: { template: () => "" } }, TypeError],
  ["a label that is no function", { labels: { tenant: "a" } }, TypeError],
  ["bounds that do not ascend", { durationBuckets: [1, 1] }, RangeError],
  ["bounds without an end", { durationBuckets: [1, Infinity] }, RangeError],
  ["no bounds", { durationBuckets: [] }, RangeError],
  ["no series", { maxSeries: 0 }, RangeError],
  ["an age below nothing", { backlogMaxAgeMs: -1 }, RangeError],
  ["a time that is no number", { backlogWithinMs: NaN }, RangeError],
];

for (const [what, options, type] of refused) {
  test(`metrics() refuses ${what}`, () => {
    assert.throws(() => metrics(options), {
      name: type.name,
      message: /^Cannot make metrics with /,
    });
  });
}

test("metrics() names everything by its prefix, and measures by its bounds", async () => {
  const counted = metrics({ prefix: "shop_", durationBuckets: [0.1, 7] });
  counted.subscribed?.({
    subscriber: "a",
    template: "a",
    broker: "b",
    concurrency: 1,
  });

  const text = await counted.text();

  const others = text.trimEnd().split("\n")
    .filter((line) => !/^(# (HELP|TYPE) )?shop_/.test(line));
  assert.deepEqual(others, []);
  assert.match(text, /^shop_handler_duration_seconds_bucket\{.*le="7"\} 0$/m);
  assert.doesNotMatch(text, /duration_seconds_bucket\{.*le="0\.5"\}/);
});
