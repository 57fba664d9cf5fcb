/**
 * What a check throws: what was looked at, what was expected and what was found.
 *
 * @example Read by a person and by a program
 * ```ts
 * import assert from "node:assert/strict";
 * import { ConformanceError } from "@ruststream/conformance";
 *
 * const error = new ConformanceError("the attempt of a delivery", 2, 1);
 * assert.equal(error.message, "the attempt of a delivery: expected 2, found 1");
 * assert.deepEqual([error.expected, error.found], [2, 1]);
 * ```
 */
export class ConformanceError extends Error {
  /** The same in every copy of this module. */
  override readonly name = "ConformanceError";
  /** What had to be there. */
  readonly expected: unknown;
  /** What was there. */
  readonly found: unknown;

  /** `message` says what was looked at; what was expected and found follows it. */
  constructor(message: string, expected: unknown, found: unknown) {
    super(`${message}: expected ${show(expected)}, found ${show(found)}`, {
      ...(found instanceof Error && { cause: found }),
    });
    this.expected = expected;
    this.found = found;
  }
}

/** The error of a promise that is not kept. */
export function unmet(
  what: string,
  expected: unknown,
  found: unknown,
): ConformanceError {
  return new ConformanceError(what, expected, found);
}

/** A value in words, short enough for one line. */
function show(value: unknown): string {
  if (value instanceof Error) {
    const code = "code" in value ? ` (${String(value.code)})` : "";
    return `${value.name}${code} "${value.message}"`;
  }
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  try {
    const text = JSON.stringify(value);
    return text.length > 300 ? `${text.slice(0, 300)}…` : text;
  } catch {
    return Object.prototype.toString.call(value);
  }
}
