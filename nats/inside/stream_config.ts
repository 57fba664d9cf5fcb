import { fault, wrongConfig } from "./fault.ts";
import { isSubject, overlaps } from "./match.ts";
import { given, readSettings, type Settings, type Wire } from "./settings.ts";
import type { Version } from "./versions.ts";

/** What a stream is set to, as the server tells it. */
export interface StreamConfig extends Wire {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly retention: "limits" | "interest" | "workqueue";
  readonly storage: "file" | "memory";
  readonly discard: "old" | "new";
  readonly discard_new_per_subject?: boolean;
  readonly max_consumers: number;
  readonly max_msgs: number;
  readonly max_bytes: number;
  readonly max_age: number;
  readonly max_msgs_per_subject: number;
  readonly max_msg_size: number;
  readonly duplicate_window: number;
  readonly num_replicas: number;
  readonly no_ack?: boolean;
  readonly sealed: boolean;
  readonly deny_delete: boolean;
  readonly deny_purge: boolean;
  readonly allow_rollup_hdrs: boolean;
  readonly allow_direct: boolean;
  readonly first_seq?: number;
  readonly allow_msg_ttl?: boolean;
  readonly subject_delete_marker_ttl?: number;
  readonly allow_atomic?: boolean;
  readonly allow_msg_schedules?: boolean;
  readonly subject_transform?: {
    readonly src?: string;
    readonly dest?: string;
  };
  readonly consumer_limits?: {
    readonly max_ack_pending?: number;
    readonly inactive_threshold?: number;
  };
}

const always = (): boolean => true;

const settings: Settings = {
  name: { is: "string" },
  description: { is: "string" },
  subjects: { is: "strings" },
  retention: { is: ["limits", "interest", "workqueue"] },
  storage: { is: ["file", "memory"] },
  discard: { is: ["old", "new"] },
  discard_new_per_subject: { is: "boolean" },
  max_consumers: { is: "number" },
  max_msgs: { is: "number" },
  max_msgs_per_subject: { is: "number" },
  max_bytes: { is: "number" },
  max_age: { is: "number" },
  max_msg_size: { is: "number" },
  num_replicas: { is: "number" },
  no_ack: { is: "boolean" },
  duplicate_window: { is: "number" },
  sealed: { is: "boolean" },
  deny_delete: { is: "boolean" },
  deny_purge: { is: "boolean" },
  allow_rollup_hdrs: { is: "boolean" },
  allow_direct: { is: "boolean" },
  mirror_direct: { is: "boolean" },
  placement: { is: "object" },
  template_owner: { is: "string" },
  mirror: { is: "object", not: always },
  sources: { is: "object", not: always },
  republish: { is: "object", not: always },
  metadata: { is: "object", since: "2.10" },
  compression: { is: ["none", "s2"], since: "2.10" },
  subject_transform: { is: "object", since: "2.10" },
  first_seq: { is: "number", since: "2.10" },
  consumer_limits: { is: "object", since: "2.10" },
  allow_msg_ttl: { is: "boolean", since: "2.11" },
  subject_delete_marker_ttl: { is: "number", since: "2.11" },
  allow_atomic: { is: "boolean", since: "2.12" },
  allow_msg_schedules: { is: "boolean", since: "2.12" },
  allow_msg_counter: { is: "boolean", since: "2.12", not: always },
  persist_mode: { is: ["default", "async"], since: "2.12" },
  allow_batched: { is: "boolean", since: "2.14", not: always },
};

const leastNanos = 100_000_000;
const longestWindow = 120_000_000_000;

/** A limit; none where it says nothing. */
function limit(value: unknown): number {
  return typeof value === "number" && value > 0 ? value : -1;
}

/**
 * What the server makes of what is asked.
 *
 * @throws {Fault} If it cannot be.
 */
export function streamConfig(asked: unknown, version: Version): StreamConfig {
  const found = readSettings(asked, settings, version);
  const maxAge = Math.max(0, (found["max_age"] ?? 0) as number);
  const optional = Object.entries(found).filter(([, value]) => given(value));
  const marks = given(found["subject_delete_marker_ttl"]);
  const config = {
    retention: "limits",
    storage: "file",
    discard: "old",
    sealed: false,
    deny_delete: false,
    deny_purge: false,
    allow_direct: false,
    mirror_direct: false,
    allow_rollup_hdrs: found["allow_msg_schedules"] === true,
    num_replicas: 1,
    ...(version.reaches("2.10") &&
      { compression: "none", consumer_limits: {} }),
    ...(version.can("messageTtl") && { allow_msg_ttl: false }),
    ...Object.fromEntries(optional),
    ...(marks && { allow_msg_ttl: true, allow_rollup_hdrs: true }),
    subjects: given(found["subjects"]) ? found["subjects"] : [found["name"]],
    max_consumers: limit(found["max_consumers"]),
    max_msgs: limit(found["max_msgs"]),
    max_msgs_per_subject: limit(found["max_msgs_per_subject"]),
    max_bytes: limit(found["max_bytes"]),
    max_msg_size: limit(found["max_msg_size"]),
    max_age: maxAge,
    duplicate_window: (found["duplicate_window"] as number) ||
      Math.min(longestWindow, maxAge || longestWindow),
  } as unknown as StreamConfig;
  check(config, version);
  return config;
}

function check(config: StreamConfig, version: Version): void {
  const { max_age, duplicate_window, discard } = config;
  if (config.num_replicas > 1) throw fault("replicas");
  if (max_age > 0 && max_age < leastNanos) {
    throw wrongConfig("max age needs to be >= 100ms");
  }
  if (max_age > 0 && duplicate_window > max_age) {
    throw wrongConfig("duplicates window can not be larger then max age");
  }
  if (duplicate_window < leastNanos) {
    throw wrongConfig("duplicates window needs to be >= 100ms");
  }
  if (config.discard_new_per_subject && discard !== "new") {
    throw wrongConfig(
      "discard new per subject requires discard new policy to be set",
    );
  }
  checkMarkers(config);
  if (config.discard_new_per_subject && config.max_msgs_per_subject < 1) {
    throw wrongConfig(
      "discard new per subject requires max msgs per subject > 0",
    );
  }
  checkSubjects(config, version);
}

function checkMarkers(
  {
    subject_delete_marker_ttl: nanos = 0,
    deny_purge,
    allow_rollup_hdrs,
  }: StreamConfig,
): void {
  if (nanos < 0) {
    throw wrongConfig("subject delete marker TTL must not be negative");
  }
  if (nanos > 0 && nanos < 1_000_000_000) {
    throw wrongConfig("subject delete marker TTL must be at least 1 second");
  }
  if (allow_rollup_hdrs && deny_purge) {
    throw wrongConfig("roll-ups require the purge permission");
  }
}

function checkSubjects(
  { subjects, no_ack }: StreamConfig,
  version: Version,
): void {
  for (const [i, subject] of subjects.entries()) {
    if (!isSubject(subject)) throw wrongConfig("invalid subject");
    if (!no_ack && overlaps(subject, "$JS.API.>")) {
      throw wrongConfig(
        version.reaches("2.10")
          ? "subjects that overlap with jetstream api require no-ack to be true"
          : "subjects overlap with jetstream api",
      );
    }
    for (const other of subjects.slice(0, i)) {
      if (!overlaps(other, subject)) continue;
      throw wrongConfig(
        other === subject && !version.reaches("2.12")
          ? "duplicate subjects detected"
          : `subject "${other}" overlaps with "${subject}"`,
      );
    }
  }
}

/**
 * Refuses a change that no stream survives.
 *
 * @throws {Fault} If it is one.
 */
export function checkChange(
  before: StreamConfig,
  after: StreamConfig,
  version: Version,
): void {
  const wrong = (found: string): never => {
    throw wrongConfig(`stream configuration update ${found}`);
  };
  if (before.storage !== after.storage) {
    wrong("can not change storage type");
  }
  if (before.max_consumers !== after.max_consumers) {
    wrong("can not change MaxConsumers");
  }
  if (before.retention !== after.retention) {
    if (!version.can("changingRetention")) {
      wrong("can not change retention policy");
    }
    if ([before.retention, after.retention].includes("workqueue")) {
      wrong("can not change retention policy to/from workqueue");
    }
  }
  if (before.sealed && !after.sealed) {
    wrong("can not unseal a sealed stream");
  }
  if (before.deny_delete && !after.deny_delete) {
    wrong("can not cancel deny message deletes");
  }
  if (before.deny_purge && !after.deny_purge) {
    wrong("can not cancel deny purge");
  }
}

/** What becomes of a configuration that seals its stream: nothing comes, goes, or grows old. */
export function sealedConfig(config: StreamConfig): StreamConfig {
  if (!config.sealed) return config;
  return {
    ...config,
    discard: "new",
    max_age: 0,
    deny_delete: true,
    deny_purge: true,
    allow_rollup_hdrs: false,
  };
}
