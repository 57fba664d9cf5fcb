import type { PageFormat } from "./exposition.ts";

interface Wanted {
  readonly type: string;
  readonly version: string | undefined;
  readonly q: number;
}

function wantedOf(range: string): Wanted {
  const [type = "", ...parameters] = range.toLowerCase().split(";")
    .map((part) => part.trim());
  const valueOf = (name: string): string | undefined =>
    parameters.find((one) => one.startsWith(`${name}=`))
      ?.slice(name.length + 1).replaceAll('"', "");
  const q = Number(valueOf("q") ?? 1);
  return { type, version: valueOf("version"), q: Number.isNaN(q) ? 0 : q };
}

/** Which format an `Accept` header asks for: OpenMetrics only where it is named, in a version that is written, and not wanted less than plain text. */
export function formatOf(accept: string | undefined): PageFormat {
  const wanted = (accept ?? "").split(",").map(wantedOf);
  const best = (fits: (one: Wanted) => boolean): number =>
    Math.max(0, ...wanted.filter(fits).map(({ q }) => q));
  const openMetrics = best(({ type, version }) =>
    type === "application/openmetrics-text" &&
    (version === undefined || version === "1.0.0")
  );
  const text = best(({ type }) => type === "text/plain");
  return openMetrics > 0 && openMetrics >= text ? "openmetrics" : "text";
}
