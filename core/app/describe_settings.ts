import { type Policy, resolvePolicy } from "../dispatch/policy.ts";
import type { Backoff, RetryOptions, Settings } from "../settings.ts";
import type { PlannedSubscriber } from "./planned.ts";

/** Who does what was asked for: the broker, the runtime, the runtime as long as the process lives, or nobody. */
export type Support =
  | "native"
  | "runtime"
  | "runtime, lost on crash"
  | "refused";

/** One setting of a subscriber. */
export interface SettingDescription {
  /** What holds; a function is `true`, a channel its address, a codec its content type. Undefined where nothing was asked for. */
  readonly value: string | number | boolean | Required<Backoff> | undefined;
  /** Who does it. Undefined where it is not in force: there is nothing that it could apply to. */
  readonly by: Support | undefined;
  /** Whether the same would hold if nobody had written it. */
  readonly isDefault: boolean;
}

/** The settings by their names; those of `retry` and of a dead letter one by one. */
export type SettingName =
  | Exclude<keyof Settings, "retry">
  | `retry.${keyof RetryOptions}`
  | "deadLetter.unconfirmed"
  | "max"
  | "waitMs";

/** Whether the broker itself delivers a retry again, with and without a delay. */
export function retrySupport(
  { policy, guarantees }: PlannedSubscriber,
  delayed: boolean,
): Support {
  const { redelivery, countsAttempts, delayedRetry } = guarantees;
  const capped = policy.maxAttempts !== Infinity;
  const native = policy.order === "yield" && redelivery !== "none" &&
    (!capped || countsAttempts) && (!delayed || delayedRetry);
  if (native) return "native";
  return redelivery === "until-settled" ? "runtime" : "runtime, lost on crash";
}

/** Who counts the attempts. */
export function attemptsSupport({ guarantees }: PlannedSubscriber): Support {
  return guarantees.countsAttempts ? "native" : "runtime, lost on crash";
}

type Value = SettingDescription["value"];

const ours: Support = "runtime";

/** The values that hold, in the order in which they are shown. */
function valuesOf(policy: Policy): Record<keyof Owners, Value> {
  return {
    group: policy.group,
    fanOut: policy.fanOut,
    concurrency: policy.concurrency,
    orderBy: policy.orderBy && true,
    "retry.maxAttempts": policy.maxAttempts,
    "retry.order": policy.order,
    "retry.backoff": policy.backoff,
    "retry.retryable": policy.retryable && true,
    deadLetter: policy.deadLetter?.address,
    "deadLetter.unconfirmed": policy.unconfirmed,
    undecodable: policy.undecodable,
    onExhausted: policy.onExhausted,
    onUnmatched: policy.onUnmatched,
    timeoutMs: policy.timeoutMs,
    abandonMs: policy.abandonMs,
    maxHeld: policy.maxHeld,
    maxHoldMs: policy.maxHoldMs,
    maxBodyBytes: policy.maxBodyBytes,
    maxAgeMs: policy.maxAgeMs,
    messageIds: policy.messageIds,
  };
}

type Owners = Readonly<
  Record<
    Exclude<SettingName, "codec" | "max" | "waitMs">,
    Support | undefined
  >
>;

/** Who does each of them; undefined where it is not in force. */
function ownersOf(planned: PlannedSubscriber): Owners {
  const { policy, guarantees, refused, definition } = planned;
  const { deadLetter, orderBy, maxAttempts } = policy;
  const where = (inForce: boolean): Support | undefined =>
    inForce ? ours : undefined;
  return {
    group: policy.group === undefined
      ? undefined
      : "group" in refused
      ? "refused"
      : "native",
    fanOut: where(policy.group === undefined),
    concurrency: ours,
    orderBy: orderBy && (guarantees.ordering === "key" ? "native" : ours),
    "retry.maxAttempts": maxAttempts === Infinity
      ? undefined
      : attemptsSupport(planned),
    "retry.order": retrySupport(planned, false),
    "retry.backoff": retrySupport(planned, true),
    "retry.retryable": where(policy.retryable !== undefined),
    deadLetter: where(deadLetter !== undefined),
    "deadLetter.unconfirmed": where(deadLetter !== undefined),
    undecodable: ours,
    onExhausted: ours,
    onUnmatched: where(definition.options.when !== undefined),
    timeoutMs: where(policy.timeoutMs !== undefined),
    abandonMs: where(policy.timeoutMs !== undefined),
    maxHeld: ours,
    maxHoldMs: where(guarantees.settleDeadlineMs !== undefined),
    maxBodyBytes: where(policy.maxBodyBytes !== Infinity),
    maxAgeMs: where(policy.maxAgeMs !== Infinity),
    messageIds: where(policy.messageIds && guarantees.headers),
  };
}

/** What would hold with nothing written but that on which other defaults depend. */
function defaultsFor({ deadLetter, orderBy }: Policy): Policy {
  return resolvePolicy("defaults", [{
    ...(deadLetter !== undefined && { deadLetter }),
    ...(orderBy !== undefined && { orderBy }),
    retry: { maxAttempts: Infinity },
  }]);
}

/** Every setting of a subscriber: what holds, and who does it. */
export function describeSettings(
  planned: PlannedSubscriber,
): Readonly<Record<SettingName, SettingDescription>> {
  const { policy, codec, definition: { batch, options } } = planned;
  const values = valuesOf(policy);
  const usual = {
    ...valuesOf(defaultsFor(policy)),
    orderBy: undefined,
    deadLetter: undefined,
  };
  const owners = ownersOf(planned);
  const one = (
    value: Value,
    by: Support | undefined,
    otherwise: Value,
  ): SettingDescription => ({
    value,
    by,
    isDefault: JSON.stringify(value) === JSON.stringify(otherwise),
  });
  const settings = Object.fromEntries(
    (Object.keys(values) as (keyof Owners)[]).map((name) => [
      name,
      one(values[name], owners[name], usual[name]),
    ]),
  ) as Record<keyof Owners, SettingDescription>;
  const whenBatch = batch ? ours : undefined;
  const type = codec.contentType;
  return {
    ...settings,
    codec: one(type, ours, policy.codec === undefined ? type : undefined),
    max: one(batch ? options.max : undefined, whenBatch, undefined),
    waitMs: one(
      batch ? options.waitMs ?? 0 : undefined,
      whenBatch,
      batch ? 0 : undefined,
    ),
  };
}
