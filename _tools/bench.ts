/**
 * Runs the measurements of `bench_cases.ts` and `bench_pipeline.ts` on Deno, Node and Bun, and prints them beside their goals.
 *
 * Run it with `deno task bench`, `deno task bench nats` for those of `bench_nats.ts`, or `deno task bench metrics` for those of `bench_metrics.ts`, on a machine that does nothing else. It exits with 1 where a goal is missed by more than the slack, which is the noise of a small machine.
 *
 * @module
 */
import process from "node:process";
import { type Goal, measureOn, printGoals } from "./bench_goals.ts";
import { benchMetrics } from "./bench_metrics.ts";
import { benchNats } from "./bench_nats.ts";
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

const spread = ({ ratio, from, to, ns }: Ratio): string =>
  `${ratio.toFixed(2)} (${from.toFixed(2)} to ${to.toFixed(2)}; ${
    ns.toFixed(0)
  } ns)`;

const goals: readonly Goal<Report>[] = [
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

function benchCore(): number {
  let missed = 0;
  for (const runtime of Object.values(findRuntimes()) as Runtime[]) {
    const report: Report = {
      ...measureOn(runtime, "bench_cases.ts") as Omit<Report, "pipeline">,
      pipeline: measureOn(
        runtime,
        "bench_pipeline.ts",
      ) as Report["pipeline"],
    };
    missed += printGoals(runtime, goals, report);
  }
  return missed;
}

const [what = "core"] = process.argv.slice(2);
const benches: Readonly<Record<string, () => number | Promise<number>>> = {
  core: benchCore,
  metrics: benchMetrics,
  nats: benchNats,
};
const run = benches[what];
if (run === undefined) {
  throw new TypeError(
    `Cannot measure "${what}": expected ${Object.keys(benches).join(", ")}`,
  );
}
const missed = await run();
process.exitCode = missed === 0 ? 0 : 1;
