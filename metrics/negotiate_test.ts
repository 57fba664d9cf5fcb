import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { metrics } from "@ruststream/metrics";

const asked: readonly (readonly [string | undefined, boolean])[] = [
  [undefined, false],
  ["", false],
  ["*/*", false],
  ["text/plain", false],
  ["application/openmetrics-text", true],
  ['Application/OpenMetrics-Text; Version="1.0.0"; charset=utf-8', true],
  ["application/openmetrics-text;version=0.0.1", false],
  ["application/openmetrics-text;q=0", false],
  ["application/openmetrics-text;q=0.2,text/plain;q=0.8", false],
  ["text/html, */*;q=0.1", false],
  // What Prometheus 2.42 asks for.
  [
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    true,
  ],
];

for (const [accept, open] of asked) {
  test(`Metrics.page() answers "${accept}" with ${open ? "OpenMetrics" : "text"}`, async () => {
    const { body, contentType } = await metrics().page({ accept });

    assert.equal(contentType.startsWith("application/openmetrics-text;"), open);
    assert.equal(body.endsWith("# EOF\n"), open);
  });
}
