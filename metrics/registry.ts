import type { Family, Labels } from "./family.ts";

/** A registry of `prom-client`, or anything else that takes its metrics. */
export interface MetricRegistry {
  /** Takes one metric, and asks it for its values at each scrape. */
  registerMetric(metric: never): void;
}

/** A metric as `prom-client` reads it. It may write into the name. */
interface Registered {
  name: string;
  readonly help: string;
  readonly type: Family["type"];
  readonly aggregator: "sum";
  get(): Promise<unknown>;
  reset(): void;
}

interface Value {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

function boundOf(le: number | undefined): Readonly<Record<string, string>> {
  if (le === undefined) return {};
  return { le: le === Infinity ? "+Inf" : String(le) };
}

function registered(family: Family): Registered {
  const { help, type } = family;
  return {
    name: family.name,
    help,
    type,
    aggregator: "sum",
    async get() {
      await family.before?.();
      const { name } = this;
      const values = family.samples().map(
        ({ suffix, labels, le, value }): Value => ({
          ...(suffix !== "" && { metricName: name + suffix }),
          labels: { ...(labels as Labels), ...boundOf(le) },
          value,
        }),
      );
      return { name, help, type, aggregator: this.aggregator, values };
    },
    // What runs at this moment would be miscounted afterwards.
    reset() {},
  };
}

/** Gives all metrics to a registry. */
export function registerIn(
  registry: MetricRegistry,
  families: readonly Family[],
): void {
  for (const family of families) {
    registry.registerMetric(registered(family) as never);
  }
}
