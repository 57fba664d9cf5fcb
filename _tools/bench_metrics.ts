/**
 * The measurements of `metrics/metrics_bench.ts`, on one runtime after the other.
 *
 * @module
 */
import { type Goal, measureOn, printGoals } from "./bench_goals.ts";
import { findRuntimes, type Runtime } from "./runtimes.ts";

interface Spread {
  readonly ns: number;
  readonly from: number;
  readonly to: number;
}

interface Case extends Spread {
  /** Over the first case, in the same round. */
  readonly more: Spread;
}

interface Report {
  readonly alone: Readonly<Record<"empty" | "metrics" | "byHand", Case>>;
  readonly ratio: {
    readonly ratio: number;
    readonly from: number;
    readonly to: number;
  };
  readonly service: Readonly<Record<string, Case>>;
}

const range = ({ ns, from, to }: Spread): string =>
  `${ns.toFixed(0)} ns (${from.toFixed(0)} to ${to.toFixed(0)})`;

function alone(
  name: string,
  key: keyof Report["alone"],
  atMost?: Goal<Report>["atMost"],
): Goal<Report> {
  return {
    name: `the events of a message: ${name}`,
    read: ({ alone }) => alone[key].ns,
    show: ({ alone }) => range(alone[key]),
    ...(atMost !== undefined && { atMost }),
  };
}

function service(name: string, key: string, atMost?: number): Goal<Report> {
  const more = ({ service }: Report): Spread => service[key]?.more as Spread;
  return {
    name: `a service, ${name}: more`,
    read: (report) => more(report).ns,
    show: (report) => range(more(report)),
    ...(atMost !== undefined && { atMost }),
  };
}

const goals: readonly Goal<Report>[] = [
  alone("told to nobody", "empty"),
  // What was measured for instruments found beforehand (research/observability.md).
  alone("metrics", "metrics", { Deno: 290, Node: 220, Bun: 110 }),
  alone("prom-client by hand", "byHand"),
  {
    name: "metrics over prom-client by hand",
    read: ({ ratio }) => ratio.ratio,
    show: ({ ratio: { ratio, from, to } }) =>
      `${ratio.toFixed(3)} (${from.toFixed(3)} to ${to.toFixed(3)})`,
    atMost: 0.1,
  },
  {
    name: "a service without any, CPU time of a message",
    read: ({ service }) => service["nobody"]?.ns ?? NaN,
    show: ({ service }) => range(service["nobody"] as Case),
  },
  service("the same again", "again"),
  service("metrics", "metrics"),
  service("prom-client by hand", "byHand"),
  service("tracing without an SDK, no trace comes in", "untraced", 1_000),
  service("tracing without an SDK, a trace goes through", "tracing"),
  service("tracing and instruments without an SDK", "otel"),
  service("channels without subscribers", "diagnostics"),
];

/** Measures, prints, and returns how many goals were missed. */
export function benchMetrics(): number {
  let missed = 0;
  for (const runtime of Object.values<Runtime>({ ...findRuntimes() })) {
    const report = measureOn(runtime, "../metrics/metrics_bench.ts") as Report;
    missed += printGoals(runtime, goals, report);
  }
  return missed;
}
