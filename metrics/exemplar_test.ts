import type { FinishedEvent } from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import { metrics, type MetricsOptions } from "@ruststream/metrics";
import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { readPage, TestClock } from "./_kit_test.ts";

const nothing = new Uint8Array();
const event: FinishedEvent = {
  ...{ subscriber: "mine", template: "orders", broker: "memory" },
  ...{ address: "orders", attempt: 1, bytes: 0, at: 0 },
  delivery: { message: { address: "orders", body: nothing } },
};

/** Counts runs that take so many milliseconds each. */
async function ran(
  options: MetricsOptions,
  ...times: readonly number[]
) {
  const clock = new TestClock({ startMs: 1_000 });
  const told: string[] = [];
  const logger = { warn: (message: string) => void told.push(message) };
  const counted = metrics({ clock, logger, ...options });
  for (const ms of times) {
    const run = { ...event, delivery: { ...event.delivery } };
    counted.started?.(run);
    await clock.advance(ms);
    counted.finished?.(run);
  }
  return { counted, told };
}

function bucket(le: string): string {
  return `ruststream_handler_duration_seconds_bucket{broker="memory",subscriber="mine",template="orders",le="${le}"}`;
}

test("metrics({ exemplar }) shows of each bucket the last run that fell into it, in OpenMetrics only", async () => {
  let run = 0;
  const exemplar = () => ({ trace_id: `t${++run}`, span_id: "s" });

  const { counted } = await ran({ exemplar }, 40, 300, 300);

  const text = await counted.text("openmetrics");
  assert.deepEqual([...readPage(text, "openmetrics").exemplars], [
    [bucket("0.05"), '{trace_id="t1",span_id="s"} 0.04 1.04'],
    [bucket("0.5"), '{trace_id="t3",span_id="s"} 0.3 1.64'],
  ]);
  assert.equal(readPage(await counted.text()).exemplars.size, 0);
});

test("metrics({ exemplar, registry }) shows them by prom-client too", async () => {
  const registry = new Registry();
  registry.setContentType(
    Registry.OPENMETRICS_CONTENT_TYPE as unknown as typeof registry.contentType,
  );

  await ran({ registry, exemplar: () => ({ trace_id: "t" }) }, 40);

  const text = (await registry.metrics()).replaceAll("\n\n", "\n");
  assert.deepEqual([...readPage(text, "openmetrics").exemplars.values()], [
    '{trace_id="t"} 0.04 1.04',
  ]);
});

test("metrics({ exemplar }) counts without what cannot be shown, and tells it once", async () => {
  const wrong: readonly (() => unknown)[] = [
    () => undefined,
    () => ({}),
    () => ({ "a b": "c" }),
    () => ({ a: 1 }),
    () => ({ trace_id: "x".repeat(121) }),
    () => {
      throw new Error("no");
    },
  ];

  for (const [index, exemplar] of wrong.entries()) {
    const { counted, told } = await ran(
      { exemplar: exemplar as () => undefined },
      ...[40, 40],
    );

    const page = readPage(await counted.text("openmetrics"), "openmetrics");
    assert.equal(page.exemplars.size, 0);
    assert.equal(page.values.get(bucket("0.05")), 2);
    assert.equal(told.length, index < 2 ? 0 : 1, `${exemplar}`);
  }
});
