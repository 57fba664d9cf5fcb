import type { Guarantees } from "@ruststream/core/contract";
import type { Settings } from "./_settings.ts";

/** What every subscription to a memory broker promises. */
export const least: Guarantees = Object.freeze({
  ordering: "address",
  redelivery: "on-retry",
  delayedRetry: true,
  countsAttempts: true,
  releaseCounts: false,
  persistence: "while-open",
  groups: true,
  patterns: true,
  headers: true,
});

/** What one that reads the log promises: all that, and nobody to share with. */
export const logged: Guarantees = Object.freeze({ ...least, groups: false });

/** What one of a group promises. */
export function grouped({ settleDeadlineMs }: Settings): Guarantees {
  return Object.freeze({
    ...least,
    redelivery: "until-settled",
    settleDeadlineMs,
  });
}
