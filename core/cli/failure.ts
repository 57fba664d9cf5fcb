import { inspect } from "node:util";

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return typeof error === "string" ? error : inspect(error);
}

function beneath(error: unknown): readonly unknown[] {
  if (error instanceof AggregateError) return error.errors;
  return error instanceof Error && error.cause !== undefined
    ? [error.cause]
    : [];
}

/** An error in one line: what could not be done, and each cause that says more. */
export function errorLine(error: unknown): string {
  let text = messageOf(error);
  const seen = new Set<unknown>([error]);
  const rest = [...beneath(error)];
  for (const cause of rest) {
    if (seen.has(cause)) continue;
    seen.add(cause);
    const more = messageOf(cause);
    if (!text.includes(more)) text += `: ${more}`;
    rest.push(...beneath(cause));
  }
  return text.replaceAll(/\s*\n\s*/g, " ");
}

/** An error with where it comes from, and all that is beneath it. */
export function errorTrace(error: unknown): string {
  return inspect(error);
}
