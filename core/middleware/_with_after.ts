import type { Outcome } from "../outcome.ts";

/** An outcome with the work for after of another. */
export function withAfter(outcome: Outcome, after: Outcome["after"]): Outcome {
  return after.reduce((all, work) => all.andAfter(work), outcome);
}
