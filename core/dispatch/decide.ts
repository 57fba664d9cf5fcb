import type { Settlement } from "../contract/delivery.ts";
import type { Guarantees } from "../contract/guarantees.ts";
import type { Policy } from "./policy.ts";

/** Why a delivery cannot simply be acked. */
export interface Failure {
  /** A handler asked to retry, it failed, or it asked to reject. */
  readonly kind: "retry" | "error" | "reject";
  /** When to come again, where the handler said so. */
  readonly afterMs?: number | undefined;
  /** One word for the dead letter. */
  readonly reason: string;
  /** The error, or the reason of a rejection. */
  readonly error?: unknown;
  /** It goes alone though its subscriber takes batches, so it stays here: the broker would put it into a batch again. */
  readonly staysHere?: boolean | undefined;
}

/** What to do with the delivery. */
export type Action =
  | { readonly kind: "settle"; readonly settlement: Settlement }
  /** Run it again in this process; with `keep` its key or subscription waits. */
  | { readonly kind: "hold"; readonly afterMs: number; readonly keep: boolean }
  | {
    readonly kind: "dead-letter" | "reject" | "stop";
    readonly reason: string;
    readonly error: unknown;
  };

/** How long to wait after so many failed attempts. */
export function backoffMs(
  { backoff }: Pick<Policy, "backoff">,
  failed: number,
  random: number,
): number {
  const { initialMs, maxMs, factor, jitter } = backoff;
  // 0 times a factor that has grown to Infinity is no number.
  const longest = initialMs === 0
    ? 0
    : Math.min(maxMs, initialMs * factor ** (failed - 1));
  return Math.round(jitter ? longest * random : longest);
}

function canRetry(failure: Failure, policy: Policy): boolean {
  if (failure.kind === "reject") return false;
  if (failure.kind === "retry" || policy.retryable === undefined) return true;
  try {
    return policy.retryable(failure.error);
  } catch {
    return true;
  }
}

/** What becomes of a delivery that will not be run again. */
export function exhausted(
  policy: Policy,
  reason: string,
  error: unknown,
): Action {
  return { kind: policy.onExhausted, reason, error };
}

/**
 * Decides what becomes of a delivery after a run that did not end in an ack.
 *
 * @param attempt The attempt that has failed.
 * @param cap Runs in all; the policy's, or less where a reply is waited for.
 * @param random A number from 0 up to but without 1, for the jitter.
 */
export function decide(
  failure: Failure,
  attempt: number,
  cap: number,
  policy: Policy,
  guarantees: Guarantees,
  random: number,
): Action {
  if (!canRetry(failure, policy)) {
    return exhausted(
      policy,
      failure.kind === "reject" ? failure.reason : "not-retryable",
      failure.error,
    );
  }
  if (attempt >= cap) return exhausted(policy, "exhausted", failure.error);
  const afterMs = failure.afterMs ?? backoffMs(policy, attempt, random);
  const keep = policy.order === "keep";
  const native = !failure.staysHere && guarantees.redelivery !== "none" &&
    (cap === Infinity || guarantees.countsAttempts) &&
    (afterMs === 0 || guarantees.delayedRetry);
  if (keep || !native) return { kind: "hold", afterMs, keep };
  return {
    kind: "settle",
    settlement: afterMs === 0 ? { kind: "retry" } : { kind: "retry", afterMs },
  };
}
