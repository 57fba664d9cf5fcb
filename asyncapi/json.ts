/** What JSON can say. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | JsonObject;

/** What JSON can say by members with names. */
export interface JsonObject {
  /** Its members by their names. */
  readonly [name: string]: Json;
}

/** Whether a value is an object, and no list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The member of that name, and nothing that all objects have. */
export function own<T>(
  members: Readonly<Record<string, T>> | undefined,
  name: string,
): T | undefined {
  return members !== undefined && Object.hasOwn(members, name)
    ? members[name]
    : undefined;
}

/** How deep a document may be: whoever reads it goes down as deep. */
export const deepest = 200;

/** The steps to what is deeper than that; undefined where nothing is. What goes round is. */
export function tooDeepAt(
  value: unknown,
  most: number = deepest,
): readonly string[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (most === 0) return [];
  for (const [name, inner] of Object.entries(value)) {
    const rest = tooDeepAt(inner, most - 1);
    if (rest !== undefined) return [name, ...rest];
  }
  return undefined;
}

/** The same object with its members in the order of their names. */
export function sorted<T>(
  members: Readonly<Record<string, T>>,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(members).sort(([a], [b]) => a < b ? -1 : 1),
  );
}

/** One text for all values that are equal, whatever the order of their members. */
export function canonical(value: unknown): string {
  return JSON.stringify(
    value,
    (_name, inner: unknown) => isObject(inner) ? sorted(inner) : inner,
  );
}

/**
 * The value as JSON holds it.
 *
 * @throws {TypeError} If it holds what JSON has no word for at its top, goes round in a circle, or has a bigint.
 */
export function asJson(value: unknown): Json {
  const text: string | undefined = JSON.stringify(value);
  if (text !== undefined) return JSON.parse(text) as Json;
  throw new TypeError(`Cannot write as JSON: found ${typeof value}`);
}

/** One step of a JSON pointer, escaped. */
export function pointerStep(step: string | number): string {
  const text = String(step);
  return /[~/]/.test(text)
    ? text.replaceAll("~", "~0").replaceAll("/", "~1")
    : text;
}

/** A JSON pointer of these steps. */
export function pointer(path: readonly (string | number)[]): string {
  let text = "";
  for (const step of path) text += `/${pointerStep(step)}`;
  return text;
}

/** The steps of a reference into the same document; undefined where it leads elsewhere or is no lawful fragment. */
export function stepsOf(ref: string): readonly string[] | undefined {
  if (ref === "#") return [];
  if (!ref.startsWith("#/")) return undefined;
  try {
    const steps = decodeURIComponent(ref.slice(2)).split("/");
    return !ref.includes("~") && !ref.includes("%")
      ? steps
      : steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  } catch {
    return undefined;
  }
}
