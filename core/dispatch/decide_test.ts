import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import type { Guarantees } from "@ruststream/core/contract";
import { able } from "./_kit_test.ts";
import { backoffMs, decide, type Failure } from "./decide.ts";
import { resolvePolicy } from "./policy.ts";
import type { RetryOptions } from "@ruststream/core";

const fixed = { initialMs: 100, maxMs: 1_000, jitter: false };
const failed: Failure = { kind: "error", reason: "error", error: "no" };
const asked: Failure = { kind: "retry", reason: "retry", error: "asked" };

interface Case {
  readonly what: string;
  readonly failure?: Failure;
  readonly attempt?: number;
  readonly retry?: RetryOptions;
  readonly guarantees?: Partial<Guarantees>;
  readonly becomes: string;
}

const cases: readonly Case[] = [
  { what: "a first failure", becomes: "retry 100" },
  { what: "a third failure", attempt: 3, becomes: "retry 400" },
  { what: "a wait at its longest", attempt: 30, becomes: "retry 1000" },
  {
    what: "retry({ afterMs: 0 })",
    failure: { ...asked, afterMs: 0 },
    becomes: "retry",
  },
  {
    what: "retry({ afterMs: 0 }) where there are no delays",
    failure: { ...asked, afterMs: 0 },
    guarantees: { delayedRetry: false },
    becomes: "retry",
  },
  {
    what: "a delay where there are none",
    guarantees: { delayedRetry: false },
    becomes: "hold 100",
  },
  {
    what: "a retry where nothing comes back",
    failure: { ...asked, afterMs: 0 },
    guarantees: { redelivery: "none" },
    becomes: "hold 0",
  },
  {
    what: "a capped retry where attempts are not counted",
    retry: { maxAttempts: 5 },
    guarantees: { countsAttempts: false },
    becomes: "hold 100",
  },
  {
    what: "an uncapped retry where attempts are not counted",
    guarantees: { countsAttempts: false },
    becomes: "retry 100",
  },
  {
    what: "a retry that keeps its order",
    retry: { order: "keep" },
    becomes: "hold 100 keep",
  },
  {
    what: "an element that goes alone",
    failure: { ...failed, staysHere: true },
    becomes: "hold 100",
  },
  {
    what: "the attempt before the cap",
    attempt: 4,
    retry: { maxAttempts: 5 },
    becomes: "retry 800",
  },
  {
    what: "the attempt at the cap",
    attempt: 5,
    retry: { maxAttempts: 5 },
    becomes: "reject exhausted",
  },
  {
    what: "retry() at the cap",
    failure: { ...asked, afterMs: 0 },
    attempt: 5,
    retry: { maxAttempts: 5 },
    becomes: "reject exhausted",
  },
  {
    what: "an error that is not retryable",
    retry: { retryable: () => false },
    becomes: "reject not-retryable",
  },
  {
    what: "a retryable that throws",
    retry: {
      retryable: () => {
        throw new Error("no");
      },
    },
    becomes: "retry 100",
  },
  {
    what: "retry() where no error is retryable",
    failure: asked,
    retry: { retryable: () => false },
    becomes: "retry 100",
  },
  {
    what: "reject()",
    failure: { kind: "reject", reason: "rejected", error: "bad" },
    becomes: "reject rejected",
  },
];

for (const { what, failure = failed, attempt = 1, becomes, ...row } of cases) {
  test(`decide() answers ${what} with ${becomes}`, () => {
    const policy = resolvePolicy("a test", [
      { retry: { backoff: fixed, ...row.retry } },
    ]);

    const action = decide(
      failure,
      attempt,
      policy.maxAttempts,
      policy,
      { ...able, ...row.guarantees },
      0.5,
    );

    const { kind, afterMs, keep, reason, settlement } = action as unknown as
      & Record<"kind" | "afterMs" | "keep" | "reason", unknown>
      & { readonly settlement?: { kind: string; afterMs?: number } };
    const words = settlement === undefined
      ? [kind, afterMs, reason, keep === true ? "keep" : undefined]
      : [settlement.kind, settlement.afterMs];
    assert.equal(words.filter((w) => w !== undefined).join(" "), becomes);
  });
}

test("backoffMs() doubles from 100 ms to 30 s by default, and takes a random part of it", () => {
  const policy = resolvePolicy("a test", [{}]);

  const waits = [1, 2, 3, 9, 10, 5_000].map((n) => backoffMs(policy, n, 0.5));

  assert.deepEqual(waits, [50, 100, 200, 12_800, 15_000, 15_000]);
  assert.equal(backoffMs(policy, 1, 0), 0);
});

test("backoffMs() is 0 after any number of attempts where it begins at 0", () => {
  const policy = resolvePolicy("a test", [
    { retry: { backoff: { initialMs: 0, maxMs: 10 } } },
  ]);

  assert.equal(backoffMs(policy, 5_000, 0.5), 0);
});
