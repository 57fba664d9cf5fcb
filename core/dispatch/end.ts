import { isMessagingError } from "../contract/errors.ts";
import { ack, type Outcome } from "../outcome.ts";
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
/** It is given back unhandled. */
export const released: End = Object.freeze({ rank: ranks.release });
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
