import type { Exemplar, Family, Labels, Sample } from "./family.ts";

/** How a page is written: Prometheus' own text format, or OpenMetrics. */
export type PageFormat = "text" | "openmetrics";

/** What a page is served as. */
export const contentTypes: Readonly<Record<PageFormat, string>> = Object.freeze(
  {
    text: "text/plain; version=0.0.4; charset=utf-8",
    openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  },
);

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function quoted(value: string): string {
  return `"${escaped(value).replaceAll('"', '\\"')}"`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

/** A bound as the format wants it: OpenMetrics writes whole ones with a fraction. */
function boundText(le: number, format: PageFormat): string {
  return format === "openmetrics" && Number.isInteger(le)
    ? le.toFixed(1)
    : numberText(le);
}

function labelsText(
  labels: Labels,
  le: number | undefined,
  format: PageFormat,
): string {
  const pairs = Object.entries(labels)
    .map(([name, value]) => `${name}=${quoted(value)}`);
  if (le !== undefined) pairs.push(`le=${quoted(boundText(le, format))}`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function exemplarText({ labels, value, atMs }: Exemplar): string {
  const shown = labelsText(labels, undefined, "openmetrics");
  return ` # ${shown} ${numberText(value)} ${atMs / 1_000}`;
}

function familyText(
  { name, help, type }: Family,
  samples: readonly Sample[],
  format: PageFormat,
): string {
  const shown = format === "openmetrics" && type === "counter"
    ? name.replace(/_total$/, "")
    : name;
  const lines = samples.map(({ suffix, labels, le, value, exemplar }) =>
    `${name}${suffix}${labelsText(labels, le, format)} ${numberText(value)}${
      exemplar === undefined || format !== "openmetrics"
        ? ""
        : exemplarText(exemplar)
    }\n`
  );
  return `# HELP ${shown} ${escaped(help)}\n# TYPE ${shown} ${type}\n${
    lines.join("")
  }`;
}

/** All that has a sample, as text. */
export function exposition(
  families: readonly Family[],
  format: PageFormat,
): string {
  const texts = families.map((family) => {
    const samples = family.samples();
    return samples.length === 0 ? "" : familyText(family, samples, format);
  });
  return texts.join("") + (format === "openmetrics" ? "# EOF\n" : "");
}
