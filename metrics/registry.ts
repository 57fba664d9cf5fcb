import type { Family, Labels } from "./family.ts";

/** A registry of `prom-client`, or anything else that takes its metrics. */
export interface MetricRegistry {
  /** Takes one metric, and asks it for its values at each scrape. */
  registerMetric(metric: never): void;
  /** Forgets one. Without it, those that were taken before one was refused stay. */
  removeSingleMetric?(name: string): void;
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
  readonly exemplar?: {
    readonly labelSet: Labels;
    readonly value: number;
    readonly timestamp: number;
  };
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
        ({ suffix, labels, le, value, exemplar }): Value => ({
          ...(suffix !== "" && { metricName: name + suffix }),
          labels: { ...(labels as Labels), ...boundOf(le) },
          value,
          ...(exemplar !== undefined && {
            exemplar: {
              labelSet: exemplar.labels,
              value: exemplar.value,
              timestamp: exemplar.atMs / 1_000,
            },
          }),
        }),
      );
      return { name, help, type, aggregator: this.aggregator, values };
    },
    // What runs at this moment would be miscounted afterwards.
    reset() {},
  };
}

/** Gives all metrics to a registry, or none where it refuses one. */
export function registerIn(
  registry: MetricRegistry,
  families: readonly Family[],
): void {
  const taken: string[] = [];
  for (const family of families) {
    try {
      registry.registerMetric(registered(family) as never);
    } catch (error) {
      for (const name of taken) registry.removeSingleMetric?.(name);
      throw error;
    }
    taken.push(family.name);
  }
}
