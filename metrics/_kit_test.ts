// What the tests of metrics share: a strict reader of both formats, and a clock. There is no test in it.
import type { Metrics, PageFormat } from "@ruststream/metrics";
import { VirtualClock } from "@ruststream/core/testing";
import assert from "node:assert/strict";

/** A clock by which runs take the time that a test says. */
export class TestClock extends VirtualClock {
  override mono(): number {
    return this.now();
  }
}

/** A page, read. */
export interface Page {
  /** Types by the name of the family. */
  readonly types: ReadonlyMap<string, string>;
  readonly helps: ReadonlyMap<string, string>;
  /** Values by the series as it is written. */
  readonly values: ReadonlyMap<string, number>;
  /** Labels by the same. */
  readonly labels: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** What a bucket shows of one run, by the series, as it is written. */
  readonly exemplars: ReadonlyMap<string, string>;
}

const name = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const sampleLine = new RegExp(`^(${name})(\\{(.*)\\})? (\\S+)$`);
const exemplarLine =
  /^([^#].*) # (\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\} \S+ [\d.]+)$/;
const labelPair =
  /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,(?=.)|$)/;

function readLabels(text: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== "";) {
    const [all, label, value] = labelPair.exec(rest) ?? [];
    assert.ok(all !== undefined && label !== undefined, `labels "${text}"`);
    assert.ok(!(label in labels), `"${label}" twice in "${text}"`);
    labels[label] = (value ?? "").replaceAll(
      /\\(.)/g,
      (_all, c: string) => c === "n" ? "\n" : c,
    );
    rest = rest.slice(all.length);
  }
  return labels;
}

function readNumber(text: string): number {
  if (text === "+Inf") return Infinity;
  assert.match(text, /^-?\d+(\.\d+)?(e[+-]?\d+)?$/);
  return Number(text);
}

const suffixes: Readonly<Record<string, RegExp>> = {
  histogram: /^_(bucket|sum|count)$/,
  gauge: /^$/,
};

/** Reads a page, and refuses whatever a strict scraper would, and a histogram that does not add up. */
export function readPage(text: string, format: PageFormat = "text"): Page {
  assert.ok(text.endsWith("\n"), "the last line ends");
  const lines = text.slice(0, -1).split("\n");
  if (format === "openmetrics") assert.equal(lines.pop(), "# EOF");
  const page = {
    types: new Map<string, string>(),
    helps: new Map<string, string>(),
    values: new Map<string, number>(),
    labels: new Map<string, Readonly<Record<string, string>>>(),
    exemplars: new Map<string, string>(),
  };
  const total = format === "openmetrics" ? /^_total$/ : /^$/;
  let family = "";
  for (const whole of lines) {
    const [, line = whole, exemplar] = exemplarLine.exec(whole) ?? [];
    const [, help, helped] = /^# HELP (\S+) (.+)$/.exec(line) ?? [];
    const [, type, typed] = /^# TYPE (\S+) (counter|gauge|histogram)$/
      .exec(line) ?? [];
    if (help !== undefined) {
      assert.ok(!page.helps.has(help), `family "${help}" twice`);
      page.helps.set(family = help, helped as string);
    } else if (type !== undefined) {
      assert.equal(type, family, "the type stands below its help");
      page.types.set(type, typed as string);
    } else {
      const [, series = "", , inside = "", value = ""] =
        sampleLine.exec(line) ??
          [];
      assert.ok(series.startsWith(family) && series !== "", `line "${line}"`);
      const kind = page.types.get(family) as string;
      assert.match(series.slice(family.length), suffixes[kind] ?? total, line);
      const key = line.slice(0, line.lastIndexOf(" "));
      assert.ok(!page.values.has(key), `series "${key}" twice`);
      page.values.set(key, readNumber(value));
      page.labels.set(key, readLabels(inside));
      if (exemplar === undefined) continue;
      assert.ok(format === "openmetrics" && series.endsWith("_bucket"), whole);
      page.exemplars.set(key, exemplar);
    }
  }
  checkHistograms(page);
  return page;
}

function checkHistograms({ types, values, labels }: Page): void {
  for (const [family] of [...types].filter(([, t]) => t === "histogram")) {
    let [last, bound] = [0, -Infinity];
    for (const [key, value] of values) {
      const { le } = labels.get(key) ?? {};
      if (key.startsWith(`${family}_bucket`)) {
        const next = readNumber(le as string);
        if (next < bound) [last, bound] = [0, -Infinity];
        assert.ok(next > bound && value >= last, `bucket "${key}"`);
        [last, bound] = [value, next];
      }
      if (key.startsWith(`${family}_count`)) {
        assert.deepEqual([value, bound], [last, Infinity], key);
        [last, bound] = [0, -Infinity];
      }
    }
  }
}

/** What the page of metrics says now of the series that begin so, without that beginning and the prefix. */
export async function shown(
  metrics: Metrics,
  family: string,
): Promise<Readonly<Record<string, number>>> {
  const { values } = readPage(await metrics.text());
  const start = `ruststream_${family}`;
  return Object.fromEntries(
    [...values].filter(([key]) => key === start || key.startsWith(`${start}{`))
      .map(([key, value]) => [key.slice(start.length), value]),
  );
}
