import { checks, runConformance } from "@ruststream/conformance";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { bases, benchOf } from "./_mutants_test.ts";

// Ten thousand subscriptions say nothing more here than they do of memory.
const tried = checks.filter(({ id }) => id !== "subscription/many");

for (const base of Object.keys(bases)) {
  test(`a whole broker passes all that it claims: ${base}`, async () => {
    const { results } = await runConformance({
      ...benchOf(base),
      checks: tried,
    });

    const failed = results.filter(({ status }) => status === "failed");
    assert.deepEqual(
      failed.map(({ id, error }) => `${id}: ${String(error)}`),
      [],
    );
  });
}
