/**
 * Refuses an option that nobody here knows: it would be lost in silence.
 *
 * @param deed What the options are of, for the error.
 * @throws {TypeError} If one is unknown; it names it.
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

/** The options of whatever only obeys a signal. */
export const signalOnly: readonly string[] = Object.freeze(["signal"]);
