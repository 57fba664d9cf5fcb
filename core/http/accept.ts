/** One element of an `Accept` header. */
interface Range {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly q: number;
}

// Quoted strings may hold what separates. One that is not closed goes on to the end, so that each character is looked at once.
const element = /(?:[^",]|"(?:[^"\\]|\\.)*"?)+/g;
const part = /(?:[^";]|"(?:[^"\\]|\\.)*"?)+/g;
const parameterValue = /^(?:[^"]*|"(?:[^"\\]|\\.)*")$/;
const rangeType = /^(?:\*\/\*|[!#$%&'*+.^`|~\w-]+\/[!#$%&'*+.^`|~\w-]+)$/;
const weight = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/** Parameters by their names; undefined where one is malformed. */
function parametersOf(
  parts: readonly string[],
): Map<string, string> | undefined {
  const found = new Map<string, string>();
  for (const one of parts) {
    const at = one.indexOf("=");
    const value = at < 0 ? "" : one.slice(at + 1).trim();
    if (!parameterValue.test(value)) return undefined;
    found.set(
      (at < 0 ? one : one.slice(0, at)).trim().toLowerCase(),
      value.replace(/^"(.*)"$/, "$1").replaceAll(/\\(.)/g, "$1").toLowerCase(),
    );
  }
  return found;
}

/** A media type or range with its parameters; undefined where it is malformed. */
function rangeOf(text: string): Range | undefined {
  const [type = "", ...rest] = text.match(part) ?? [];
  const parameters = parametersOf(rest);
  if (parameters === undefined) return undefined;
  const q = parameters.get("q") ?? "1";
  parameters.delete("q");
  const name = type.trim().toLowerCase();
  return rangeType.test(name) && weight.test(q)
    ? { type: name, parameters, q: Number(q) }
    : undefined;
}

/** How closely a range describes a type: more is closer, undefined is not at all. A parameter that the type does not have says nothing. */
function closeness(range: Range, type: Range): number | undefined {
  const [main = ""] = type.type.split("/", 1);
  if (range.type === "*/*") return 0;
  if (range.type === `${main}/*`) return 1;
  if (range.type !== type.type) return undefined;
  let same = 0;
  for (const [name, value] of range.parameters) {
    const own = type.parameters.get(name);
    if (own === undefined) continue;
    if (own !== value) return undefined;
    same++;
  }
  return 2 + same;
}

function weightOf(type: Range, ranges: readonly Range[]): number {
  let closest = -1;
  let q = 0;
  for (const range of ranges) {
    const close = closeness(range, type);
    if (close === undefined || close < closest) continue;
    // Of two that are as close, the kinder one.
    q = close === closest ? Math.max(q, range.q) : range.q;
    closest = close;
  }
  return q;
}

/**
 * Which of these media types an `Accept` header wants most, the first of those that it wants equally; undefined where it wants none.
 *
 * What is malformed in the header is not read; a header of nothing else is as good as none.
 */
export function preferred(
  accept: string | undefined,
  types: readonly string[],
): string | undefined {
  const ranges = (accept?.match(element) ?? []).map(rangeOf)
    .filter((range) => range !== undefined);
  if (ranges.length === 0) return types[0];
  let best: string | undefined = undefined;
  let most = 0;
  for (const name of types) {
    const type = rangeOf(name);
    const q = type === undefined ? 0 : weightOf(type, ranges);
    if (q <= most) continue;
    best = name;
    most = q;
  }
  return best;
}

/** Whether something is a media type that can be given, and no range. */
export function isMediaType(found: unknown): found is string {
  return typeof found === "string" && !found.includes("*") &&
    rangeOf(found) !== undefined && (found.match(element) ?? []).length === 1;
}
