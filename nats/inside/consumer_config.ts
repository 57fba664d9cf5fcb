import { type ConsumerConfig, filtersOf } from "./consumer_shape.ts";
import { Fault, fault } from "./fault.ts";
import { covers, overlaps } from "./match.ts";
import { given, readSettings, type Settings } from "./settings.ts";
import type { Version } from "./versions.ts";
import type { StreamConfig } from "./stream_config.ts";
import type { StreamView } from "./views.ts";
import { spoken } from "./waiting.ts";

const always = (): boolean => true;

const settings: Settings = {
  name: { is: "string" },
  durable_name: { is: "string" },
  description: { is: "string" },
  deliver_policy: {
    is: [
      "all",
      "last",
      "new",
      "last_per_subject",
      "by_start_sequence",
      "by_start_time",
    ],
  },
  opt_start_seq: { is: "number" },
  opt_start_time: { is: "string" },
  ack_policy: { is: ["none", "all", "explicit"] },
  ack_wait: { is: "number" },
  max_deliver: { is: "number" },
  backoff: { is: "numbers" },
  filter_subject: { is: "string" },
  filter_subjects: { is: "strings", since: "2.10" },
  replay_policy: {
    is: ["instant", "original"],
    not: (value) => value === "original",
  },
  sample_freq: { is: "string" },
  max_waiting: { is: "number" },
  max_ack_pending: { is: "number" },
  headers_only: { is: "boolean" },
  max_batch: { is: "number" },
  max_expires: { is: "number" },
  max_bytes: { is: "number" },
  inactive_threshold: { is: "number" },
  num_replicas: { is: "number" },
  mem_storage: { is: "boolean" },
  metadata: { is: "object", since: "2.10" },
  pause_until: { is: "string", since: "2.11" },
  deliver_subject: { is: "string", not: always },
  deliver_group: { is: "string", not: always },
  flow_control: { is: "boolean", not: always },
  idle_heartbeat: { is: "number", not: always },
  rate_limit_bps: { is: "number", not: always },
  priority_policy: {
    is: ["none", "overflow", "pinned_client", "prioritized"],
    since: "2.11",
  },
  priority_groups: { is: "strings", since: "2.11" },
  priority_timeout: { is: "number", since: "2.11" },
};

const pinNanos = 120_000_000_000;
const ephemeralNanos = 5_000_000_000;
const ackWaitNanos = 30_000_000_000;

/**
 * What the server makes of what is asked.
 *
 * @throws {Fault} If it cannot be.
 */
export function consumerConfig(
  name: string,
  asked: unknown,
  stream: StreamView,
): ConsumerConfig {
  const { version } = stream.server;
  const found = readSettings(asked, settings, version);
  const optional = Object.fromEntries(
    Object.entries(found).filter(([, value]) => given(value)),
  );
  const { ack_policy = "none", backoff } = optional;
  const limits = stream.config.consumer_limits ?? {};
  const config = {
    deliver_policy: "all",
    replay_policy: "instant",
    max_waiting: 512,
    num_replicas: 0,
    ...(optional["durable_name"] === undefined && {
      inactive_threshold: ephemeralNanos,
    }),
    ...(limits.inactive_threshold !== undefined && {
      inactive_threshold: limits.inactive_threshold,
    }),
    ...(ack_policy !== "none" && {
      ack_wait: ackWaitNanos,
      max_ack_pending: limits.max_ack_pending ?? 1_000,
    }),
    ...(optional["priority_policy"] === "pinned_client" && {
      priority_timeout: pinNanos,
    }),
    ...optional,
    max_deliver: (optional["max_deliver"] as number) > 0
      ? optional["max_deliver"]
      : -1,
    ack_policy,
    ...(Array.isArray(backoff) && { ack_wait: backoff[0] }),
    name,
  } as unknown as ConsumerConfig;
  check(config, version);
  checkLimits(config, limits);
  checkFilters(config, stream);
  checkQueue(config, stream);
  return config;
}

function check(config: ConsumerConfig, version: Version): void {
  const { deliver_policy: policy, backoff = [], max_deliver } = config;
  const wrong = (found: string): never => {
    throw new Fault(
      400,
      10094,
      `consumer delivery policy is deliver ${found}`,
    );
  };
  if (policy === "last_per_subject" && filtersOf(config).length === 0) {
    wrong("last per subject, but optional filter subject is not set");
  }
  if (policy === "by_start_sequence" && config.opt_start_seq === undefined) {
    wrong("by start sequence, but optional start sequence is not set");
  }
  if (policy === "by_start_time" && config.opt_start_time === undefined) {
    wrong("by start time, but optional start time is not set");
  }
  if (policy !== "by_start_sequence" && config.opt_start_seq !== undefined) {
    wrong(
      `${policy.replaceAll("_", " ")}, but optional start sequence is also set`,
    );
  }
  const { priority_groups: groups, priority_policy = "none" } = config;
  if (groups !== undefined && priority_policy === "none") {
    throw new Fault(
      400,
      10196,
      "consumer can not have priority groups when policy is none",
    );
  }
  const most = version.can("fullBackoff") ? backoff.length : backoff.length + 1;
  if (backoff.length > 0 && max_deliver > 0 && max_deliver < most) {
    throw fault("maxDeliver");
  }
}

/** Refuses more than its stream allows. */
function checkLimits(
  config: ConsumerConfig,
  limits: NonNullable<StreamConfig["consumer_limits"]>,
): void {
  const { max_ack_pending = 0, inactive_threshold = 0 } = config;
  const { max_ack_pending: most, inactive_threshold: longest } = limits;
  if (most !== undefined && max_ack_pending > most) {
    throw new Fault(
      400,
      10121,
      `consumer max ack pending exceeds system limit of ${most}`,
    );
  }
  if (longest === undefined || inactive_threshold <= longest) return;
  throw new Fault(
    400,
    10153,
    `consumer inactive threshold exceeds system limit of ${spoken(longest)}`,
  );
}

function checkFilters(config: ConsumerConfig, stream: StreamView): void {
  const filters = filtersOf(config);
  for (const [i, filter] of filters.entries()) {
    if (filters.slice(0, i).some((other) => overlaps(other, filter))) {
      throw fault("consumerFilters");
    }
  }
  if (stream.server.version.can("foreignFilters")) return;
  const { subjects } = stream.config;
  for (const filter of filters) {
    if (!subjects.some((subject) => covers(subject, filter))) {
      throw fault("consumerFilter");
    }
  }
}

/** Of a workqueue each message has one consumer. */
function checkQueue(config: ConsumerConfig, stream: StreamView): void {
  if (stream.config.retention !== "workqueue") return;
  if (config.ack_policy !== "explicit") {
    throw new Fault(
      400,
      10084,
      stream.server.version.reaches("2.11")
        ? "consumer in pull mode requires explicit ack policy on workqueue stream"
        : "consumer in pull mode requires ack policy",
    );
  }
  if (config.deliver_policy !== "all") throw fault("deliverAll");
  const filters = filtersOf(config);
  for (const other of stream.consumers.values()) {
    if (other.name === config.name) continue;
    const theirs = filtersOf(other.config);
    if (filters.length === 0 || theirs.length === 0) {
      throw fault("manyUnfiltered");
    }
    if (filters.some((one) => theirs.some((two) => overlaps(one, two)))) {
      throw fault("notUnique");
    }
  }
}

/**
 * Refuses a change that no consumer survives.
 *
 * @throws {Fault} If it is one.
 */
export function checkConsumerChange(
  before: ConsumerConfig,
  after: ConsumerConfig,
): void {
  for (
    const [name, words] of [
      ["deliver_policy", "deliver policy"],
      ["opt_start_seq", "start sequence"],
      ["opt_start_time", "start time"],
      ["ack_policy", "ack policy"],
      ["replay_policy", "replay policy"],
    ] as const
  ) {
    if (before[name] === after[name]) continue;
    throw new Fault(500, 10012, `${words} can not be updated`);
  }
}
