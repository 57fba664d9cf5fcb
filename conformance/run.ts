import { onAbort, systemClock } from "@ruststream/core/contract";
import { allChecks } from "./all_checks.ts";
import { alike } from "./assertions.ts";
import { Bench } from "./bench.ts";
import {
  type BenchOptions,
  type BenchSettings,
  benchSettings,
} from "./bench_options.ts";
import type { Check } from "./check.ts";
import type { Claims } from "./claim_types.ts";
import { readClaims } from "./claims.ts";
import { unmet } from "./conformance_error.ts";

/** How one check went. */
export interface CheckResult {
  /** The check's id. */
  readonly id: string;
  /** What it promises. */
  readonly promise: string;
  /** The rule of the contract. */
  readonly rule: number;
  /** Whether the broker kept the promise, broke it, or does not claim it. */
  readonly status: "passed" | "failed" | "not claimed";
  /** Why it is not claimed. Absent where it is. */
  readonly reason?: string;
  /** What it failed with. Absent where it did not. */
  readonly error?: unknown;
  /** How long it took, in milliseconds. */
  readonly tookMs: number;
}

/** How a run went. */
export interface ConformanceReport {
  /** The broker's name. */
  readonly name: string;
  /** Each check, in order. */
  readonly results: readonly CheckResult[];
  /** `N checks: P passed, F failed, S not claimed`. */
  readonly summary: string;
}

/** Options for {@linkcode runConformance}. */
export interface ConformanceRunOptions extends BenchOptions {
  /** What the run is called. By default the broker's own name. */
  readonly name?: string;
  /** Which checks run. By default all of them. */
  readonly checks?: readonly Check[];
}

/** Counts in words. */
export function summaryOf(
  statuses: readonly CheckResult["status"][],
): string {
  const count = (wanted: CheckResult["status"]): number =>
    statuses.filter((status) => status === wanted).length;
  return `${statuses.length} checks: ${count("passed")} passed, ${
    count("failed")
  } failed, ${count("not claimed")} not claimed`;
}

/** Runs work under a deadline of real time; nothing of it is waited for after that. */
export async function underDeadline<T>(
  what: string,
  deadlineMs: number,
  work: (over: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const disarm = systemClock.after(
    deadlineMs,
    () =>
      over.abort(
        unmet(
          `"${what}"`,
          `an end within ${deadlineMs} ms`,
          "that it hangs",
        ),
      ),
  );
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const forget = onAbort(over.signal, reject);
  try {
    return await Promise.race([work(over.signal), promise]);
  } finally {
    disarm();
    forget();
    over.abort(new TypeError(`Cannot go on with "${what}": it is over`));
  }
}

/** Runs one check on a fresh bench, and throws where the broker breaks the promise. */
export async function runCheck(
  check: Check,
  settings: BenchSettings,
  claims: Claims,
): Promise<void> {
  await underDeadline(check.id, settings.deadlineMs, async (over) => {
    const bench = new Bench(settings, claims, over);
    try {
      await check.run(bench);
    } catch (error) {
      // What was wrong first is what is told.
      await bench.end().catch(() => {});
      throw error;
    }
    await bench.end();
    alike(
      bench.timers,
      0,
      "the timers that are left when every connection was shut down",
    );
  });
}

/** Reads what a broker claims, under the same deadline as a check. */
export function claimsOf(settings: BenchSettings): Promise<Claims> {
  return underDeadline(
    "reading what the broker claims",
    settings.deadlineMs,
    (over) => readClaims(settings, over),
  );
}

/**
 * Tries each promise of the contract on a broker, without a runner, and says how it went.
 *
 * @example A broker inside this process
 * ```ts
 * import assert from "node:assert/strict";
 * import { checks, runConformance } from "@ruststream/conformance";
 * import { VirtualClock } from "@ruststream/core/testing";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const report = await runConformance({
 *   broker: () => new MemoryBroker(),
 *   clock: () => new VirtualClock(),
 *   checks: checks.filter(({ id }) => id === "settle/twice"),
 * });
 * assert.equal(report.summary, "1 checks: 1 passed, 0 failed, 0 not claimed");
 * ```
 */
export async function runConformance(
  options: ConformanceRunOptions,
): Promise<ConformanceReport> {
  const settings = benchSettings(options);
  const claims = await claimsOf(settings);
  const results: CheckResult[] = [];
  for (const check of options.checks ?? allChecks) {
    results.push(await resultOf(check, settings, claims));
  }
  return {
    name: options.name ?? options.broker().name,
    results,
    summary: summaryOf(results.map(({ status }) => status)),
  };
}

async function resultOf(
  check: Check,
  settings: BenchSettings,
  claims: Claims,
): Promise<CheckResult> {
  const { id, promise, rule } = check;
  const began = systemClock.mono();
  const reason = check.needs?.(claims);
  if (reason !== undefined) {
    return { id, promise, rule, status: "not claimed", reason, tookMs: 0 };
  }
  const took = (): number => Math.round(systemClock.mono() - began);
  try {
    await runCheck(check, settings, claims);
    return { id, promise, rule, status: "passed", tookMs: took() };
  } catch (error) {
    return { id, promise, rule, status: "failed", error, tookMs: took() };
  }
}
