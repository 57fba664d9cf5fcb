import { test } from "@ruststream/conformance/runner";
import type { Guarantees } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { strong } from "./_kit_test.ts";
import { missingGuarantees } from "./guarantees.ts";

const weak: Guarantees = {
  ordering: "none",
  redelivery: "none",
  delayedRetry: false,
  countsAttempts: false,
  releaseCounts: true,
  persistence: "none",
  groups: false,
  patterns: false,
  headers: false,
};

test("missingGuarantees() takes the same, and more", () => {
  assert.deepEqual(missingGuarantees(strong, strong), []);
  assert.deepEqual(missingGuarantees(weak, weak), []);
  assert.deepEqual(missingGuarantees(weak, strong), []);
});

test("missingGuarantees() names everything that is less", () => {
  assert.deepEqual(
    [...missingGuarantees(strong, weak)].sort(),
    Object.keys(weak).sort(),
  );
});

for (const [name, less] of Object.entries(weak)) {
  test(`missingGuarantees() names ${name} where it alone is less`, () => {
    assert.deepEqual(missingGuarantees(strong, { ...strong, [name]: less }), [
      name,
    ]);
  });
}

test("missingGuarantees() knows which ordering holds which", () => {
  const holds: Record<string, readonly string[]> = {};
  const all = ["none", "publisher", "key", "address"] as const;
  for (const open of all) {
    holds[open] = all.filter((ordering) =>
      missingGuarantees({ ...strong, ordering }, { ...strong, ordering: open })
        .length === 0
    );
  }

  assert.deepEqual(holds, {
    none: ["none"],
    publisher: ["none", "publisher"],
    key: ["none", "key"],
    address: ["none", "publisher", "key", "address"],
  });
});

test("missingGuarantees() knows that half is less than whole and more than nothing", () => {
  const half: Guarantees = {
    ...strong,
    redelivery: "on-retry",
    persistence: "while-open",
  };

  assert.deepEqual(missingGuarantees(strong, half), [
    "redelivery",
    "persistence",
  ]);
  assert.deepEqual(missingGuarantees(half, strong), []);
  assert.deepEqual(
    missingGuarantees(half, {
      ...half,
      redelivery: "none",
      persistence: "none",
    }),
    ["redelivery", "persistence"],
  );
});
