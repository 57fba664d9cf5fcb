import type { Wire } from "../jetstream/parts.ts";
import type { BucketStatus } from "./status.ts";

/** Settings that are told where they say something, by what the server calls them. */
const limits = {
  maxValueBytes: ["max_msg_size", 1],
  maxBytes: ["max_bytes", 1],
  ttlMs: ["max_age", 1_000_000],
  markerTtlMs: ["subject_delete_marker_ttl", 1_000_000],
} as const;

function limitsOf(config: Wire): Partial<BucketStatus> {
  const said = Object.entries(limits).flatMap(([name, [wire, unit]]) => {
    const value = config[wire] as number | undefined ?? 0;
    return value > 0 ? [[name, value / unit]] : [];
  });
  return Object.fromEntries(said);
}

/** What the server's answer says of a bucket. */
export function statusOf(bucket: string, info: Wire): BucketStatus {
  const config = info["config"] as Wire;
  const state = info["state"] as Readonly<Record<string, number>>;
  const { description, metadata } = config as Partial<BucketStatus>;
  return Object.freeze({
    bucket,
    stream: config["name"] as string,
    entries: state["messages"] as number,
    bytes: state["bytes"] as number,
    revision: state["last_seq"] as number,
    madeAt: new Date(info["created"] as string),
    history: config["max_msgs_per_subject"] as number,
    storage: config["storage"] as BucketStatus["storage"],
    replicas: config["num_replicas"] as number,
    compression:
      (config["compression"] ?? "none") as BucketStatus["compression"],
    ...limitsOf(config),
    ...(description && { description }),
    ...(metadata && { metadata }),
  });
}
