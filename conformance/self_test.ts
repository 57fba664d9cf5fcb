import { type Check, checks, runConformance } from "@ruststream/conformance";
import { test } from "@ruststream/conformance/runner";
import { faults } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import { bases, benchOf, unproven } from "./_mutants_test.ts";

const claimed = new Map<string, string>();
const errors = new Map<string, unknown>();
for (const base of Object.keys(bases)) {
  const rest = checks.filter(({ id }) => !claimed.has(id));
  const { results } = await runConformance({ ...benchOf(base), checks: rest });
  for (const { id, status, error } of results) {
    if (status === "not claimed") continue;
    claimed.set(id, base);
    errors.set(id, error);
  }
}

/** How a check goes on the first broker that claims it, and on the same one broken in the way that the check names. */
async function tryOut(check: Check): Promise<readonly unknown[]> {
  const base = claimed.get(check.id);
  if (base === undefined) return ["no broker claims it"];
  const { results: [bad] } = await runConformance({
    ...benchOf(base, check.catches),
    checks: [check],
  });
  return [errors.get(check.id), bad?.status];
}

for (const check of checks) {
  test(`${check.id} passes on a whole broker, and fails on one with ${check.catches}`, async () => {
    const found = unproven.has(check.id)
      ? ["no broker claims it"]
      : [undefined, "failed"];

    assert.deepEqual(await tryOut(check), found);
  });
}

test("no fault goes uncaught", () => {
  const caught = new Set(checks.map((check) => check.catches));

  assert.deepEqual(Object.keys(faults).filter((name) => !caught.has(name)), []);
});
