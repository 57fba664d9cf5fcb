import type { Guarantees } from "@ruststream/core/contract";

/** What core NATS promises: whoever listens gets it, once, and nothing is kept. */
export const coreGuarantees: Guarantees = Object.freeze({
  ordering: "publisher",
  redelivery: "none",
  delayedRetry: false,
  countsAttempts: false,
  releaseCounts: false,
  persistence: "none",
  groups: true,
  patterns: true,
  headers: true,
});

/** What every subscription to NATS promises, those of streams too: a release of theirs counts. */
export const leastGuarantees: Guarantees = Object.freeze({
  ...coreGuarantees,
  releaseCounts: true,
});
