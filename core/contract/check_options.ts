/**
 * Refuses an option that nobody knows: it would be lost in silence. One that is there without a value is none.
 *
 * @example A word that is spelled otherwise
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkOptions } from "@ruststream/core/contract";
 *
 * checkOptions("request \"prices\"", { timeoutMs: 500 }, ["timeoutMs", "signal"]);
 * assert.throws(
 *   () => checkOptions("request \"prices\"", { timeout: 500 }, ["timeoutMs", "signal"]),
 *   new TypeError('Cannot request "prices": there is no option "timeout"'),
 * );
 * ```
 *
 * @param deed What cannot be done with it, in words, for the error.
 * @throws {TypeError} If one is unknown; it names it, and nothing of its value.
 */
export function checkOptions(
  deed: string,
  options: object,
  known: readonly string[],
): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || known.includes(name)) continue;
    throw new TypeError(`Cannot ${deed}: there is no option "${name}"`);
  }
}

/** The options of whatever only obeys a signal, for {@linkcode checkOptions}. */
export const signalOnly: readonly string[] = Object.freeze(["signal"]);
