/**
 * Runs the measurements of `bench_cases.ts` on Deno, Node and Bun, and prints them beside their goals.
 *
 * Run it with `deno task bench`, on a machine that does nothing else. It exits with 1 where a goal is missed by more than the slack, which is the noise of a small machine.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { findRuntimes, type Runtime } from "./runtimes.ts";

interface Ratio {
  readonly ratio: number;
  readonly from: number;
  readonly to: number;
  readonly ns: number;
}

interface Report {
  readonly service64: Ratio;
  readonly service1: Ratio;
  readonly layer: { readonly ns: number; readonly bytes: number };
  readonly heap: { readonly mib: number; readonly messages: number };
  readonly fair: {
    readonly fired: number;
    readonly of: number;
    readonly worstMs: number;
  };
}

/** What is measured, how it reads, and the goal; without one it is for information. */
interface Goal {
  readonly name: string;
  read(report: Report): number;
  show(report: Report): string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

const slack = 1.15;

const spread = ({ ratio, from, to, ns }: Ratio): string =>
  `${ratio.toFixed(2)} (${from.toFixed(2)} to ${to.toFixed(2)}; ${
    ns.toFixed(0)
  } ns)`;

const goals: readonly Goal[] = [
  {
    name: "service over floor, 64 at once",
    read: (r) => r.service64.ratio,
    show: (r) => spread(r.service64),
    atMost: 1.25,
  },
  {
    name: "service over floor, one at a time",
    read: (r) => r.service1.ratio,
    show: (r) => spread(r.service1),
  },
  {
    name: "a layer of sync middleware, ns",
    read: (r) => r.layer.ns,
    show: (r) => r.layer.ns.toFixed(1),
    atMost: 40,
  },
  {
    name: "a layer of sync middleware, bytes",
    read: (r) => r.layer.bytes,
    show: (r) => r.layer.bytes.toFixed(1),
    atMost: 96,
  },
  {
    name: "heap growth over 1,000,000 messages, MiB",
    read: (r) => r.heap.mib,
    show: (r) => r.heap.mib.toFixed(2),
    atMost: 2,
  },
  {
    name: "10 ms timer under saturation, share of times fired",
    read: (r) => r.fair.fired / r.fair.of,
    show: (r) =>
      `${(r.fair.fired / r.fair.of).toFixed(2)} (at worst ${
        r.fair.worstMs.toFixed(0)
      } ms late)`,
    atLeast: 0.8,
  },
];

const flags: Readonly<Record<Runtime["name"], readonly string[]>> = {
  Deno: [
    "run",
    "--allow-all",
    "--no-check",
    "--v8-flags=--expose-gc,--max-semi-space-size=64",
  ],
  Node: ["--expose-gc", "--max-semi-space-size=64"],
  Bun: [],
};

function measure({ name, path }: Runtime): Report {
  const cases = fileURLToPath(new URL("bench_cases.ts", import.meta.url));
  const { status, stdout, stderr } = spawnSync(path, [...flags[name], cases], {
    encoding: "utf8",
    timeout: 300_000,
  });
  if (status !== 0) {
    throw new TypeError(`Cannot measure on ${name}: ${stderr}`);
  }
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Report;
}

function misses(goal: Goal, report: Report): boolean {
  const value = goal.read(report);
  return value > (goal.atMost ?? Infinity) * slack ||
    value < (goal.atLeast ?? -Infinity) / slack;
}

function verdict(goal: Goal, report: Report): string {
  const value = goal.read(report);
  if (goal.atMost === undefined && goal.atLeast === undefined) return "";
  if (misses(goal, report)) return "MISSED";
  return value > (goal.atMost ?? Infinity) ||
      value < (goal.atLeast ?? -Infinity)
    ? "within the noise"
    : "kept";
}

function bound({ atMost, atLeast }: Goal): string {
  if (atMost !== undefined) return `at most ${atMost}`;
  return atLeast === undefined ? "for information" : `at least ${atLeast}`;
}

let missed = 0;
for (const runtime of Object.values(findRuntimes()) as Runtime[]) {
  const report = measure(runtime);
  process.stdout.write(`${runtime.name} ${runtime.version}\n`);
  for (const goal of goals) {
    if (misses(goal, report)) missed++;
    process.stdout.write(
      `  ${goal.name.padEnd(52)} ${goal.show(report).padEnd(36)} ${
        bound(goal).padEnd(16)
      } ${verdict(goal, report)}\n`,
    );
  }
}
process.exitCode = missed === 0 ? 0 : 1;
