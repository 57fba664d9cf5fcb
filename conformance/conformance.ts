import { allChecks } from "./all_checks.ts";
import { benchSettings } from "./bench_options.ts";
import {
  type CheckResult,
  claimsOf,
  type ConformanceRunOptions,
  runCheck,
  summaryOf,
} from "./run.ts";
import { type Test, test as presentTest } from "./runner.ts";

/** Options for {@linkcode conformance}. */
export interface ConformanceOptions extends ConformanceRunOptions {
  /** Registers one test. By default the runner that is present. */
  readonly test?: Test;
  /** Told the closing line, and each promise that is not claimed with its reason. By default the console is. */
  readonly print?: (line: string) => void;
}

/**
 * Registers each check as a test of the runner that is present, and a last one that prints the count.
 *
 * It connects once, to see what the broker has; so it is awaited, at the top of a test file. A promise that is not claimed is a skipped test, with its reason.
 * The count is that of the checks: what the runner itself finds afterwards, as the leak checks of `deno test` do, is in the runner's count alone.
 *
 * @example The whole test file of a broker
 * ```ts
 * import assert from "node:assert/strict";
 * import { conformance } from "@ruststream/conformance";
 * import { VirtualClock } from "@ruststream/core/testing";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const names: string[] = [];
 * await conformance({
 *   broker: () => new MemoryBroker(),
 *   clock: () => new VirtualClock(),
 *   test: (name) => names.push(name),
 * });
 * assert.ok(names.includes("memory: settle/twice"));
 * ```
 */
export async function conformance(options: ConformanceOptions): Promise<void> {
  const { test = presentTest, print = printLine } = options;
  const settings = benchSettings(options);
  const name = options.name ?? options.broker().name;
  const checks = options.checks ?? allChecks;
  const claims = await claimsOf(settings).catch((cause: unknown) => {
    test(`${name}: can be connected to, and subscribed to`, () => {
      throw cause;
    });
    return undefined;
  });
  if (claims === undefined) return;
  const statuses = new Map<string, CheckResult["status"]>();
  const notClaimed: string[] = [];
  for (const check of checks) {
    const skip = check.needs?.(claims);
    if (skip !== undefined) {
      statuses.set(check.id, "not claimed");
      notClaimed.push(`${check.id}: ${skip}`);
    }
    test(`${name}: ${check.id}`, async () => {
      statuses.set(check.id, "failed");
      await runCheck(check, settings, claims);
      statuses.set(check.id, "passed");
    }, {
      // The check's own deadline names it; the runner's is there for a blocked event loop.
      timeoutMs: settings.deadlineMs * 2,
      ...(skip !== undefined && { skip }),
    });
  }
  test(`${name}: the count`, () => {
    for (const line of notClaimed) print(`  not claimed: ${line}`);
    if (test === presentTest && "Deno" in globalThis) print(`  ${later}`);
    print(`${name}: ${summaryOf([...statuses.values()])}`);
  });
}

// Its sanitizers speak when a check has returned; timers of the bench's clock are counted by the check itself.
const later =
  "not counted below: what the leak checks of deno test find after a check has passed";

function printLine(line: string): void {
  // deno-lint-ignore no-console -- the closing line is what a run is read by
  console.log(line);
}
