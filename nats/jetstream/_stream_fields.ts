import { type Field, type Fields, nanos, write } from "./_fields.ts";

const plain = (wire: string, since?: string): Field =>
  since === undefined ? { wire } : { wire, since };
const time = (wire: string, since?: string): Field => ({
  ...plain(wire, since),
  write: nanos,
});

const transform: Fields = { from: plain("src"), to: plain("dest") };

const date = (value: unknown): string => (value as Date).toISOString();

const originFields: Fields = {
  name: plain("name"),
  startSequence: plain("opt_start_seq"),
  startTime: { wire: "opt_start_time", write: date },
  filter: plain("filter_subject"),
  transforms: {
    wire: "subject_transforms",
    write: (value) => (value as readonly object[]).map(write(transform)),
  },
};

// Another domain is reached by the prefix of its API.
function origin(value: unknown): Record<string, unknown> {
  const { domain } = value as { readonly domain?: string };
  return {
    ...write(originFields)(value),
    ...(domain !== undefined && { external: { api: `$JS.${domain}.API` } }),
  };
}

/** The settings of a stream. */
export const streamFields: Fields = {
  name: plain("name"),
  description: plain("description"),
  subjects: plain("subjects"),
  retention: plain("retention"),
  storage: plain("storage"),
  discard: plain("discard"),
  discardNewPerSubject: plain("discard_new_per_subject"),
  maxConsumers: plain("max_consumers"),
  maxMessages: plain("max_msgs"),
  maxMessagesPerSubject: plain("max_msgs_per_subject"),
  maxBytes: plain("max_bytes"),
  maxAgeMs: time("max_age"),
  maxMessageBytes: plain("max_msg_size"),
  replicas: plain("num_replicas"),
  noAck: plain("no_ack"),
  duplicateWindowMs: time("duplicate_window"),
  sealed: plain("sealed"),
  denyDelete: plain("deny_delete"),
  denyPurge: plain("deny_purge"),
  allowRollup: plain("allow_rollup_hdrs"),
  allowDirect: plain("allow_direct"),
  mirrorDirect: plain("mirror_direct"),
  mirror: { wire: "mirror", write: origin },
  sources: {
    wire: "sources",
    write: (value) => (value as readonly object[]).map(origin),
  },
  republish: {
    wire: "republish",
    write: write({ ...transform, headersOnly: plain("headers_only") }),
  },
  placement: plain("placement"),
  metadata: plain("metadata", "2.10"),
  compression: plain("compression", "2.10"),
  subjectTransform: {
    ...plain("subject_transform", "2.10"),
    write: write(transform),
  },
  firstSequence: plain("first_seq", "2.10"),
  consumerLimits: {
    ...plain("consumer_limits", "2.10"),
    write: write({
      inactiveThresholdMs: time("inactive_threshold"),
      maxAckPending: plain("max_ack_pending"),
    }),
  },
  allowMessageTtl: plain("allow_msg_ttl", "2.11"),
  deleteMarkerTtlMs: time("subject_delete_marker_ttl", "2.11"),
  allowAtomic: plain("allow_atomic", "2.12"),
  allowSchedules: plain("allow_msg_schedules", "2.12"),
  allowCounter: plain("allow_msg_counter", "2.12"),
  persistMode: plain("persist_mode", "2.12"),
  allowBatched: plain("allow_batched", "2.14"),
};
