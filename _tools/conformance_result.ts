/**
 * How a broker did in the conformance suite, as data: nothing in it changes from run to run.
 *
 * @module
 */
import {
  type Check,
  type CheckResult,
  checks as allChecks,
  type ConformanceRunOptions,
  runConformance,
} from "@ruststream/conformance";
import type { TriedBroker } from "./conformance_brokers.ts";
import type { NatsGeneration } from "./nats_binary.ts";

/** How one check went. */
export interface CheckData {
  readonly id: string;
  readonly rule: number;
  readonly status: CheckResult["status"];
  /** Why it is not claimed. */
  readonly reason?: string;
  /** What it failed with. */
  readonly error?: string;
}

/** How one broker did. */
export interface BrokerResult {
  readonly name: string;
  readonly totals: {
    readonly checks: number;
    readonly passed: number;
    readonly failed: number;
    readonly notClaimed: number;
  };
  /** Why nothing could be tried, where that is so. */
  readonly error?: string;
  readonly checks: readonly CheckData[];
}

/** Tries a broker; one that cannot be tried has an error and no checks. */
export async function resultOf(
  { name, bench }: TriedBroker,
  each: (check: Check) => Check = (check) => check,
  generation?: NatsGeneration,
): Promise<BrokerResult> {
  try {
    const options = await bench(
      generation === undefined ? {} : { generation },
    );
    const { checks = allChecks } = options;
    try {
      return await run(name, { ...options, checks: checks.map(each) });
    } finally {
      await (options[Symbol.asyncDispose] ?? options[Symbol.dispose])?.call(
        options,
      );
    }
  } catch (error) {
    return { name, totals: totalsOf([]), error: textOf(error), checks: [] };
  }
}

/** What a broker claims: as if each check that it claims had passed. */
export function claimedBy(broker: TriedBroker): Promise<BrokerResult> {
  return resultOf(broker, (check) => ({ ...check, run: async () => {} }));
}

async function run(
  name: string,
  options: ConformanceRunOptions,
): Promise<BrokerResult> {
  const { results } = await runConformance(options);
  const data = results.map(({ id, rule, status, reason, error }) => ({
    id,
    rule,
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(status === "failed" ? { error: textOf(error) } : {}),
  }));
  return { name, totals: totalsOf(data), checks: data };
}

function totalsOf(all: readonly CheckData[]): BrokerResult["totals"] {
  const count = (wanted: CheckData["status"]): number =>
    all.filter(({ status }) => status === wanted).length;
  return {
    checks: all.length,
    passed: count("passed"),
    failed: count("failed"),
    notClaimed: count("not claimed"),
  };
}

function textOf(error: unknown): string {
  return error instanceof Error
    ? error.message || error.name
    : `it threw ${String(error)}`;
}

/** `N checks: P passed, F failed, S not claimed`. */
export function totalsText(
  { totals: { checks, passed, failed, notClaimed } }: BrokerResult,
): string {
  return `${checks} checks: ${passed} passed, ${failed} failed, ${notClaimed} not claimed`;
}

/** The folders of checks, in order, each with the checks in it. */
export function byFolder(
  results: readonly BrokerResult[],
): ReadonlyMap<string, readonly string[]> {
  const folders = new Map<string, Set<string>>();
  for (const { id } of results.flatMap(({ checks }) => checks)) {
    const [folder = ""] = id.split("/");
    const ids = folders.get(folder) ?? new Set();
    folders.set(folder, ids.add(id));
  }
  return new Map([...folders].map(([folder, ids]) => [folder, [...ids]]));
}

/** Each reason of a broker not to claim something, and for which checks. */
export function byReason(
  { checks }: BrokerResult,
): ReadonlyMap<string, readonly string[]> {
  const reasons = new Map<string, string[]>();
  for (const { id, reason } of checks) {
    if (reason === undefined) continue;
    const ids = reasons.get(reason);
    if (ids === undefined) reasons.set(reason, [id]);
    else ids.push(id);
  }
  return reasons;
}
