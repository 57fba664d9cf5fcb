import { type Check, checks, runConformance } from "@ruststream/conformance";
import { test } from "@ruststream/conformance/runner";
import { faults } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import { benchOf, runOnBases, unproven } from "./_mutants_test.ts";

const claimed = await runOnBases();

/** How a check goes on the first broker that claims it, and on the same one broken in the way that the check names. */
async function tryOut(check: Check): Promise<readonly unknown[]> {
  const found = claimed.get(check.id);
  if (found === undefined) return ["no broker claims it"];
  const { results: [bad] } = await runConformance({
    ...benchOf(found.base, check.catches),
    checks: [check],
  });
  return [found.error, bad?.status];
}

for (const check of checks) {
  test(`${check.id} passes on a whole broker, and fails on one with ${check.catches}`, async () => {
    const found = unproven.has(check.id)
      ? ["no broker claims it"]
      : [undefined, "failed"];

    assert.deepEqual(await tryOut(check), found);
  });
}

test("every check names a fault of its own: without it that fault goes uncaught", () => {
  const names = checks.map((check) => check.catches);

  const shared = checks.filter(({ catches }) =>
    names.indexOf(catches) !== names.lastIndexOf(catches)
  );
  assert.deepEqual(shared.map(({ id, catches }) => `${id}: ${catches}`), []);
});

test("no fault goes uncaught", () => {
  const caught = new Set(checks.map((check) => check.catches));

  assert.deepEqual(Object.keys(faults).filter((name) => !caught.has(name)), []);
});
