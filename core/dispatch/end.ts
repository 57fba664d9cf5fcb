import { isMessagingError } from "../contract/errors.ts";
import { ack, alsoAfter, type Outcome } from "../outcome.ts";
import { Final, SplitBatch } from "./verdicts.ts";

/** How something made of a delivery ended. Of several the worst counts. */
export interface End {
  readonly rank: number;
  /** What its delivery is settled by. */
  readonly outcome?: Outcome;
  /** What went wrong: for the policy. */
  readonly error?: unknown;
}

const ranks = {
  ack: 0,
  release: 1,
  retry: 2,
  split: 3,
  error: 4,
  final: 5,
  reject: 6,
} as const;

/** It was handled. */
export const acked: End = Object.freeze({ rank: ranks.ack, outcome: ack() });
/** It is given back unhandled. Whoever waits for it gets the error. */
export const released: End = Object.freeze({
  rank: ranks.release,
  error: new DOMException(
    "Cannot end a delivery: it was given back",
    "AbortError",
  ),
});
/** It was one of several, and goes on alone. */
export const split: End = Object.freeze({
  rank: ranks.split,
  error: new SplitBatch(),
});

/** It failed: the policy decides. */
export function failed(error: unknown): End {
  return { rank: ranks.error, error };
}

/** What was made of it cannot be encoded: the policy has no other try for it, unless its codec says that one may pass. */
export function unencodable(cause: unknown): End {
  if (isMessagingError(cause) && cause.retryable) return failed(cause);
  return { rank: ranks.final, error: new Final("unencodable", cause) };
}

/** Whether it fails whatever is tried. */
export function isFinal({ rank }: End): boolean {
  return rank === ranks.final;
}

/** It ends as somebody said. */
export function endBy(outcome: Outcome): End {
  const { kind } = outcome.settlement;
  return { rank: ranks[kind], outcome };
}

/** The worse of two. Of two that are alike the first, and the work for after both is done. */
export function worseOf(one: End, other: End): End {
  if (one.rank !== other.rank) return one.rank > other.rank ? one : other;
  if (one.outcome === undefined || other.outcome === undefined) return one;
  return { ...one, outcome: alsoAfter(one.outcome, other.outcome) };
}
