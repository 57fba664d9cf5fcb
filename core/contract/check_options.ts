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
  // A request pays for this: entries would make a list for each.
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    if ((options as Record<string, unknown>)[name] === undefined) continue;
    throw new TypeError(`Cannot ${deed}: there is no option "${name}"`);
  }
}

/** The options of whatever only obeys a signal, for {@linkcode checkOptions}. */
export const signalOnly: readonly string[] = Object.freeze(["signal"]);
