import { type Html, joined, markup, type Part } from "./html.ts";
import type { Fields } from "./reader.ts";

const longest = 120;

/** A value of the document in one short line. */
export function valueText(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** The same, set as code. */
export function code(value: unknown): Html {
  return markup`<code>${valueText(value)}</code>`;
}

/** A name of the document, set as code. */
export function term(name: unknown): Html {
  return markup`<code>${String(name)}</code>`;
}

const wordBreak = markup`<wbr>`;

/** A name that may go on in the next line behind each of its parts. */
export function breakable(name: string): Part {
  return joined(name.split(/(?<=[.\-_/])(?=[^.\-_/])/), wordBreak);
}

/** Things in a row: "a, b and c". */
export function row(parts: readonly Part[], last: string): Part {
  if (parts.length < 2) return parts[0];
  return [joined(parts.slice(0, -1), ", "), ` ${last} `, parts.slice(-1)];
}

/** "1 to 5 items", "at least 1 item", "at most 5 items"; nothing where both are missing. */
export function span(
  least: unknown,
  most: unknown,
  [one, many]: readonly [string, string],
): string | undefined {
  const from = typeof least === "number" && least > 0 ? least : undefined;
  const to = typeof most === "number" ? most : undefined;
  const unit = (count: number): string => count === 1 ? one : many;
  if (from !== undefined && from === to) return `${from} ${unit(from)}`;
  if (from !== undefined && to !== undefined) return `${from} to ${to} ${many}`;
  if (from !== undefined) return `at least ${from} ${unit(from)}`;
  return to === undefined ? undefined : `at most ${to} ${unit(to)}`;
}

/** Milliseconds as a person says them. */
export function duration(ms: unknown): string {
  if (typeof ms !== "number") return valueText(ms);
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 60_000) return `${ms / 1_000} s`;
  return ms < 3_600_000
    ? `${+(ms / 60_000).toFixed(1)} min`
    : `${+(ms / 3_600_000).toFixed(1)} h`;
}

/** What an object says that the page has no words for. */
export function extensionsOf(
  fields: Fields,
  known: readonly string[] = [],
): readonly (readonly [string, unknown])[] {
  return Object.entries(fields).filter(([name]) =>
    name.startsWith("x-") && !known.includes(name)
  );
}
