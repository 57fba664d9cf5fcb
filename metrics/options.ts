import type { DeliveryEvent, FinishedEvent, Logger } from "@ruststream/core";
import type { Clock } from "@ruststream/core/contract";
import type { MetricRegistry } from "./registry.ts";

/** Options for {@linkcode metrics}. */
export interface MetricsOptions {
  /** The registry of `prom-client` that shows these metrics too, beside whatever else it holds. By default only the page does. */
  readonly registry?: MetricRegistry;
  /**
   * What each name begins with.
   *
   * @default {"ruststream_"}
   */
  readonly prefix?: string;
  /**
   * More labels of what is counted of deliveries, each read from a delivery. It is called several times for each, so it should only look; longer values than 128 characters are cut.
   *
   * A reader that throws gives an empty value. By default there are no more.
   */
  readonly labels?: Readonly<Record<string, (event: DeliveryEvent) => string>>;
  /**
   * What a run of a handler was part of, for whoever looks at a bucket of `handler_duration_seconds` in OpenMetrics: the `exemplar` of `tracing()`, or other labels of 128 characters in all.
   *
   * It is called for each run. What it throws, or what is longer, is left out. By default nothing is shown.
   */
  readonly exemplar?: (
    event: FinishedEvent,
  ) => Readonly<Record<string, string>> | undefined;
  /**
   * How many label sets each group of metrics may have (deliveries, publishes, notices). What comes after that is counted under `_overflow`, and the logger is told once.
   *
   * @default {1_000}
   */
  readonly maxSeries?: number;
  /** Upper bounds for durations of handlers and publishes, in seconds, ascending. By default 14, from 0.5 ms to 10 s. */
  readonly durationBuckets?: readonly number[];
  /**
   * How old what brokers say of their backlogs may be at a scrape, in milliseconds.
   *
   * @default {5_000}
   */
  readonly backlogMaxAgeMs?: number;
  /**
   * How long a scrape waits for brokers to say what waits there, in milliseconds. Whoever has not answered shows nothing.
   *
   * @default {1_000}
   */
  readonly backlogWithinMs?: number;
  /**
   * Measures handlers, and the age of backlogs.
   *
   * @default {systemClock}
   */
  readonly clock?: Pick<Clock, "now" | "mono" | "sleep">;
  /**
   * Told when there are too many label sets, or a label cannot be read.
   *
   * @default {consoleLogger}
   */
  readonly logger?: Pick<Logger, "warn">;
}

const known: readonly string[] = [
  "registry",
  "prefix",
  "labels",
  "exemplar",
  "maxSeries",
  "durationBuckets",
  "backlogMaxAgeMs",
  "backlogWithinMs",
  "clock",
  "logger",
];

/** Labels that mean something already. */
const taken: ReadonlySet<string> = new Set([
  "broker",
  "code",
  "error_type",
  "kind",
  "le",
  "outcome",
  "reason",
  "state",
  "subscriber",
  "template",
]);

function isAscending(bounds: unknown): boolean {
  return Array.isArray(bounds) && bounds.length > 0 &&
    bounds.every((bound: unknown, at) =>
      typeof bound === "number" && bound > 0 && bound < Infinity &&
      (at === 0 || bound > bounds[at - 1])
    );
}

function atLeast(name: string, least: number, found: unknown): void {
  if (found === undefined) return;
  if (typeof found === "number" && found >= least) return;
  throw new RangeError(
    `Cannot make metrics with "${name}": expected a number of at least ${least}, found ${
      String(found)
    }`,
  );
}

function checkLabels(labels: MetricsOptions["labels"] = {}): void {
  for (const [name, read] of Object.entries(labels)) {
    if (
      !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || name.startsWith("__") ||
      taken.has(name)
    ) {
      throw new TypeError(
        `Cannot make metrics with the label "${name}": it is not a name of Prometheus, or has a meaning already`,
      );
    }
    if (typeof read !== "function") {
      throw new TypeError(
        `Cannot make metrics with the label "${name}": expected a function, found ${typeof read}`,
      );
    }
  }
}

/**
 * Refuses what cannot be meant.
 *
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 * @throws {RangeError} If a number is out of its range.
 */
export function checkOptions(options: MetricsOptions): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(
      `Cannot make metrics with "${unknown}": known are ${known.join(", ")}`,
    );
  }
  const { prefix = "", registry, durationBuckets } = options;
  if (typeof prefix !== "string" || !/^([a-zA-Z_:][\w:]*)?$/.test(prefix)) {
    throw new TypeError(
      `Cannot make metrics with the prefix "${
        String(prefix)
      }": expected letters, digits and underscores`,
    );
  }
  if (
    registry !== undefined && typeof registry?.registerMetric !== "function"
  ) {
    throw new TypeError(
      `Cannot make metrics with "registry": expected one with registerMetric(), found ${typeof registry}`,
    );
  }
  if (durationBuckets !== undefined && !isAscending(durationBuckets)) {
    throw new RangeError(
      `Cannot make metrics with "durationBuckets": expected finite numbers above 0 that ascend`,
    );
  }
  checkLabels(options.labels);
  const { exemplar } = options;
  if (exemplar !== undefined && typeof exemplar !== "function") {
    throw new TypeError(
      `Cannot make metrics with "exemplar": expected a function, found ${typeof exemplar}`,
    );
  }
  atLeast("maxSeries", 1, options.maxSeries);
  atLeast("backlogMaxAgeMs", 0, options.backlogMaxAgeMs);
  atLeast("backlogWithinMs", 0, options.backlogWithinMs);
}
