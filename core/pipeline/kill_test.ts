import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { killRun, shapes, steps } from "./_kill_test.ts";

const messages = 200;

for (const step of steps) {
  for (const shape of shapes) {
    for (const seed of [1, 2]) {
      test(`A pipeline killed ${step} loses nothing and repeats only what was in hand (${shape}, seed ${seed})`, async () => {
        const report = await killRun({ step, shape, messages, seed });

        assert.equal(report.lost, 0);
        assert.equal(report.unexplained, 0);
        assert.equal(report.kills > 1, true);
      });
    }
  }
}
