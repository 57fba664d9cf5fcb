/**
 * Runs the measurements of `bench_cases.ts` and `bench_pipeline.ts` on Deno, Node and Bun, and prints them beside their goals.
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
  readonly pipeline: {
    readonly fused: Ratio;
    readonly hops: Ratio;
    readonly heap: { readonly mib: number };
  };
}

/** What is measured, how it reads, and the goal; without one it is for information. */
interface Goal {
  readonly name: string;
  read(report: Report): number;
  show(report: Report): string;
  readonly atMost?: number | Readonly<Record<Runtime["name"], number>>;
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
  {
    name: "pipeline over hand-written loop",
    read: (r) => r.pipeline.fused.ratio,
    show: (r) => spread(r.pipeline.fused),
    atMost: { Deno: 1.6, Node: 1.3, Bun: 1.3 },
  },
  {
    name: "the same by real stream hops",
    read: (r) => r.pipeline.hops.ratio,
    show: (r) => spread(r.pipeline.hops),
  },
  {
    name: "pipeline, heap growth over 1,000,000 messages, MiB",
    read: (r) => r.pipeline.heap.mib,
    show: (r) => r.pipeline.heap.mib.toFixed(2),
    atMost: 2,
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

function measure(runtime: Runtime): Report {
  return {
    ...run(runtime, "bench_cases.ts") as Report,
    pipeline: run(runtime, "bench_pipeline.ts") as Report["pipeline"],
  };
}

function run({ name, path }: Runtime, file: string): unknown {
  const cases = fileURLToPath(new URL(file, import.meta.url));
  const { status, stdout, stderr } = spawnSync(path, [...flags[name], cases], {
    encoding: "utf8",
    timeout: 300_000,
  });
  if (status !== 0) {
    throw new TypeError(`Cannot measure on ${name}: ${stderr}`);
  }
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

/** The most that a goal allows on a runtime. */
function most({ atMost = Infinity }: Goal, { name }: Runtime): number {
  return typeof atMost === "number" ? atMost : atMost[name];
}

function misses(goal: Goal, report: Report, runtime: Runtime): boolean {
  const value = goal.read(report);
  return value > most(goal, runtime) * slack ||
    value < (goal.atLeast ?? -Infinity) / slack;
}

function verdict(goal: Goal, report: Report, runtime: Runtime): string {
  const value = goal.read(report);
  if (goal.atMost === undefined && goal.atLeast === undefined) return "";
  if (misses(goal, report, runtime)) return "MISSED";
  return value > most(goal, runtime) || value < (goal.atLeast ?? -Infinity)
    ? "within the noise"
    : "kept";
}

function bound(goal: Goal, runtime: Runtime): string {
  const { atMost, atLeast } = goal;
  if (atMost !== undefined) return `at most ${most(goal, runtime)}`;
  return atLeast === undefined ? "for information" : `at least ${atLeast}`;
}

let missed = 0;
for (const runtime of Object.values(findRuntimes()) as Runtime[]) {
  const report = measure(runtime);
  process.stdout.write(`${runtime.name} ${runtime.version}\n`);
  for (const goal of goals) {
    if (misses(goal, report, runtime)) missed++;
    process.stdout.write(
      `  ${goal.name.padEnd(52)} ${goal.show(report).padEnd(36)} ${
        bound(goal, runtime).padEnd(16)
      } ${verdict(goal, report, runtime)}\n`,
    );
  }
}
process.exitCode = missed === 0 ? 0 : 1;
