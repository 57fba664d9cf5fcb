/**
 * Refuses options that a codec does not have: a misspelt one would be ignored in silence.
 *
 * @throws {TypeError} If there is an option of another name.
 */
export function checkNames(
  codec: string,
  options: object,
  known: readonly string[],
): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new TypeError(
      `Cannot make codec "${codec}": there is no option "${name}"`,
    );
  }
}
