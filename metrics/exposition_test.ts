import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { readPage } from "./_kit_test.ts";
import { exposition } from "./exposition.ts";
import { type Family, plain } from "./family.ts";
import { Histogram } from "./histogram.ts";

const odd = 'back\\slash "quoted"\nnext, {a="b"} 世界';

function counter(value: number, labels = {}): Family {
  return {
    name: "seen_total",
    help: "What was\nseen, \\ too.",
    type: "counter",
    samples: () => [plain(labels, value)],
  };
}

function histogram(...values: readonly number[]): Family {
  const own = new Histogram([0.5, 1, 5]);
  for (const value of values) own.observe(value);
  return {
    name: "took_seconds",
    help: "Time.",
    type: "histogram",
    samples: () => own.samples({ of: "x" }),
  };
}

for (const format of ["text", "openmetrics"] as const) {
  test(`exposition() escapes labels in ${format}, so that a scraper reads what was given`, () => {
    const page = readPage(exposition([counter(2, { odd })], format), format);

    const labels = [...page.labels.values()];
    assert.deepEqual(labels, [{ odd }]);
    assert.deepEqual([...page.values.values()], [2]);
    assert.deepEqual([...page.helps.values()], ["What was\\nseen, \\\\ too."]);
  });

  test(`exposition() writes a histogram that adds up in ${format}`, () => {
    const text = exposition([histogram(0.5, 0.75, 1, 5.25)], format);

    const { values, labels } = readPage(text, format);
    const buckets = [...values].filter(([key]) => key.includes("_bucket"))
      .map(([key, value]) => [Number(labels.get(key)?.["le"]), value]);
    assert.deepEqual(buckets, [[0.5, 1], [1, 3], [5, 3], [NaN, 4]]);
    assert.equal(values.get('took_seconds_sum{of="x"}'), 7.5);
  });
}

test("exposition() calls a counter by the name that the format wants", () => {
  assert.match(exposition([counter(1)], "text"), /# TYPE seen_total counter\n/);
  assert.match(
    exposition([counter(1)], "openmetrics"),
    /# TYPE seen counter\nseen_total 1\n# EOF\n$/,
  );
});

test("exposition() writes whole bounds with a fraction in OpenMetrics only", () => {
  assert.match(exposition([histogram()], "openmetrics"), /le="1\.0"/);
  assert.match(exposition([histogram()], "text"), /le="1"/);
});

test("exposition() leaves out what has no sample", () => {
  const none: Family = { ...counter(1), samples: () => [] };

  assert.equal(exposition([none], "text"), "");
});
