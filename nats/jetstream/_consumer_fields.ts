import type { ConsumerOptions, Deliver } from "./consumer_options.ts";
import { type Fields, nanos, type Wire, write } from "./_fields.ts";

const date = (value: unknown): string => (value as Date).toISOString();

/** The settings of a consumer that stand for themselves. */
export const consumerFields: Fields = {
  durable: { wire: "durable_name" },
  description: { wire: "description" },
  ackWaitMs: { wire: "ack_wait", write: nanos },
  maxAckPending: { wire: "max_ack_pending" },
  maxDeliver: { wire: "max_deliver" },
  backoff: {
    wire: "backoff",
    write: (value) => (value as readonly number[]).map(nanos),
  },
  inactiveThresholdMs: { wire: "inactive_threshold", write: nanos },
  replay: { wire: "replay_policy" },
  samplePercent: {
    wire: "sample_freq",
    write: (value) => `${value as number}`,
  },
  maxWaiting: { wire: "max_waiting" },
  headersOnly: { wire: "headers_only" },
  maxBatch: { wire: "max_batch" },
  maxExpiresMs: { wire: "max_expires", write: nanos },
  maxBytes: { wire: "max_bytes" },
  replicas: { wire: "num_replicas" },
  memoryStorage: { wire: "mem_storage" },
  metadata: { wire: "metadata", since: "2.10" },
  pauseUntil: { wire: "pause_until", since: "2.11", write: date },
};

const policies = {
  all: "all",
  new: "new",
  last: "last",
  "last-per-subject": "last_per_subject",
} as const;

/** Where a consumer begins, in the server's form. */
export function deliverWire(deliver: Deliver): Wire {
  if (typeof deliver === "string") {
    return { deliver_policy: policies[deliver] };
  }
  return "sequence" in deliver
    ? {
      deliver_policy: "by_start_sequence",
      opt_start_seq: deliver.sequence,
    }
    : {
      deliver_policy: "by_start_time",
      opt_start_time: date(deliver.time),
    };
}

/** What is read, in the server's form. */
export function filterWire(subjects: readonly string[]): Wire {
  return subjects.length === 1
    ? { filter_subject: subjects[0] }
    : { filter_subjects: subjects };
}

/** A configuration with these filters, and with none of others: the server has two words for them, and takes one. */
export function withFilters(wire: Wire, subjects: readonly string[]): Wire {
  const others = Object.entries(wire).filter(([name]) =>
    name !== "filter_subject" && name !== "filter_subjects"
  );
  return { ...Object.fromEntries(others), ...filterWire(subjects) };
}

/** What a consumer's settings are in the server's form, its subjects and its beginning among them. */
export function consumerWire(
  options: ConsumerOptions,
  subjects: readonly string[],
  deliver: Deliver,
): Wire {
  const { backoff, priority } = options;
  return {
    ack_policy: "explicit",
    ...deliverWire(deliver),
    ...filterWire(subjects),
    ...write(consumerFields)(options),
    // The server takes the first of them, whatever was said.
    ...(backoff?.[0] !== undefined && { ack_wait: nanos(backoff[0]) }),
    ...(priority && {
      priority_policy: priority.policy,
      priority_groups: [priority.group],
      ...(priority.timeoutMs !== undefined && {
        priority_timeout: nanos(priority.timeoutMs),
      }),
    }),
  };
}

/** The settings that only newer servers have, for {@linkcode checkVersion}. */
export const gatedConsumerFields: Fields = {
  ...consumerFields,
  priority: { wire: "priority_groups", since: "2.11" },
};
