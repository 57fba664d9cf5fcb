/**
 * Reads a page of metrics, and compares it with what a Prometheus answers.
 *
 * @module
 */

/** One series: its name and labels, and its value. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a Prometheus answers to a query. */
export interface Answer {
  readonly status: string;
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: readonly [number, string];
    }[];
  };
}

/** The series of a page, and the names of all families, those without series too. */
export function readMetrics(
  text: string,
): {
  readonly families: readonly string[];
  readonly series: readonly Series[];
} {
  const families: string[] = [];
  const series: Series[] = [];
  for (const line of text.split("\n")) {
    const family = /^# TYPE (\S+)/.exec(line)?.[1];
    if (family !== undefined) families.push(family);
    if (line === "" || line.startsWith("#")) continue;
    const [, name = "", , inside = "", value = ""] =
      /^([^{ ]+)(\{(.*)\})? (\S+)$/.exec(line) ?? [];
    const pairs = inside.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g);
    series.push({
      name,
      labels: Object.fromEntries([...pairs].map(([, k, v]) => [k, v])),
      value: Number(value.replace("+Inf", "Infinity")),
    });
  }
  return { families, series };
}

function keyOf({ name, labels }: Omit<Series, "value">): string {
  return name + JSON.stringify(
    // Prometheus asks for OpenMetrics, which writes the bound 64 as 64.0.
    Object.entries(labels)
      .map(([name, value]) => [name, name === "le" ? Number(value) : value])
      .sort(([a = ""], [b = ""]) => a < b ? -1 : 1),
  );
}

/** What Prometheus adds to a series by itself. */
const added = new Set(["__name__", "instance", "job"]);

/** The series that an answer holds. */
export function readAnswer({ data }: Answer): readonly Series[] {
  return data.result.map(({ metric, value: [, value] }) => ({
    name: metric["__name__"] ?? "",
    labels: Object.fromEntries(
      Object.entries(metric).filter(([label]) => !added.has(label)),
    ),
    value: Number(value),
  }));
}

/** How two lists of series differ: nothing where they are the same. */
export function differences(
  page: readonly Series[],
  answered: readonly Series[],
): readonly string[] {
  const found = new Map(answered.map((one) => [keyOf(one), one.value]));
  const wrong = page.flatMap((one) => {
    const key = keyOf(one);
    const value = found.get(key);
    found.delete(key);
    if (value === one.value) return [];
    return [`${key} is ${one.value}, and Prometheus says ${value}`];
  });
  return [
    ...wrong,
    ...[...found.keys()].map((key) => `${key} is only at Prometheus`),
  ];
}
