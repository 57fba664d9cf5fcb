const longestErrorText = 1_000;

/** An error in one line that a header can carry. */
export function errorText(error: unknown, withName = true): string {
  // deno-lint-ignore no-control-regex -- what a header must not carry
  return spoken(error, withName).replace(/[\x00-\x1f\x7f]+/g, " ")
    .slice(0, longestErrorText).toWellFormed();
}

// Anything can be thrown, also what does not want to be a string.
function spoken(error: unknown, withName: boolean): string {
  try {
    if (!(error instanceof Error)) return String(error ?? "");
    return withName ? `${error.name}: ${error.message}` : error.message;
  } catch {
    return `${typeof error} that has no text`;
  }
}
