const deepest = 6;
const longest = 400;

function shorter(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

function list(open: string, parts: readonly string[], close: string): string {
  return parts.length === 0
    ? `${open}${close}`
    : `${open} ${parts.join(", ")} ${close}`;
}

function nameOf(value: object): string {
  const { constructor } = value as { constructor?: { name?: unknown } };
  const name = constructor?.name;
  return typeof name === "string" && name !== "Object" ? `${name} ` : "";
}

function showBytes(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, 32)].join(" ");
  return `${bytes.length} bytes <${shown}${bytes.length > 32 ? " …" : ""}>`;
}

function showObject(
  value: object,
  depth: number,
  above: readonly object[],
): string {
  if (above.includes(value)) return "[circular]";
  if (value instanceof Date) return `Date ${String(value.getTime())}`;
  if (value instanceof Uint8Array) return showBytes(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof RegExp) return String(value);
  if (depth >= deepest) return "…";
  const inner = (one: unknown): string =>
    showAt(one, depth + 1, [...above, value]);
  if (Array.isArray(value)) return `[${value.map(inner).join(", ")}]`;
  if (value instanceof Set) {
    return list("Set {", [...value].map(inner), "}");
  }
  if (value instanceof Map) {
    const pairs = [...value].map(([k, v]) => `${inner(k)} => ${inner(v)}`);
    return list("Map {", pairs, "}");
  }
  const fields = Object.entries(value).map(([name, one]) =>
    `${/^[\w$]+$/.test(name) ? name : JSON.stringify(name)}: ${inner(one)}`
  );
  return list(`${nameOf(value)}{`, fields, "}");
}

function showAt(
  value: unknown,
  depth: number,
  above: readonly object[],
): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "function":
      return `function ${value.name}`;
    case "object":
      return value === null ? "null" : showObject(value, depth, above);
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
}

/** A value in one line, the same on each runtime. */
export function show(value: unknown): string {
  return shorter(showAt(value, 0, []));
}
