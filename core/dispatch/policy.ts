import type { AnyChannel } from "../contract/channel.ts";
import type { AsyncCodec, Codec } from "../contract/codec.ts";
import type { Backoff, Settings } from "../settings.ts";

/** Settings of all levels, merged, with their defaults. */
export interface Policy {
  readonly group: string | undefined;
  readonly fanOut: boolean;
  readonly concurrency: number;
  readonly orderBy: Settings["orderBy"] | undefined;
  readonly maxAttempts: number;
  /** Whether somebody wrote the cap, be it Infinity. */
  readonly capWritten: boolean;
  readonly order: "keep" | "yield";
  readonly backoff: Required<Backoff>;
  readonly retryable: ((error: unknown) => boolean) | undefined;
  readonly deadLetter: AnyChannel | undefined;
  readonly unconfirmed: boolean;
  readonly undecodable: "dead-letter" | "reject" | "retry" | "stop";
  readonly onExhausted: "dead-letter" | "reject" | "stop";
  readonly onUnmatched: "dead-letter" | "reject" | "ack";
  readonly timeoutMs: number | undefined;
  readonly abandonMs: number;
  readonly maxHeld: number;
  readonly maxHoldMs: number;
  readonly maxBodyBytes: number;
  readonly maxAgeMs: number;
  readonly codec: Codec | AsyncCodec | undefined;
  readonly messageIds: boolean;
}

const defaultBackoff: Required<Backoff> = Object.freeze({
  initialMs: 100,
  maxMs: 30_000,
  factor: 2,
  jitter: true,
});

function merged(levels: readonly Settings[]): Settings {
  const result: Record<string, unknown> = {};
  for (const level of [...levels].reverse()) {
    for (const [name, value] of Object.entries(level)) {
      if (value === undefined) continue;
      result[name] = name === "retry"
        ? { ...result[name] as object, ...written(value) }
        : value;
    }
  }
  return result;
}

/** Its fields that are not undefined: those would hide what a level above says. */
function written<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, field]) => field !== undefined),
  ) as T;
}

/**
 * Merges the settings of all levels.
 *
 * @param where Whose they are, for the error.
 * @param levels The levels, the nearest to the mount first.
 * @throws {TypeError} If a dead letter is asked for and none is declared, or `orderBy` keeps order and nobody says how often a delivery may run.
 */
export function resolvePolicy(
  where: string,
  levels: readonly Settings[],
): Policy {
  const set = merged(levels);
  const { retry = {}, deadLetter } = set;
  const channel = deadLetter !== undefined && "channel" in deadLetter
    ? deadLetter.channel
    : deadLetter;
  const fallback = channel === undefined ? "reject" : "dead-letter";
  const order = retry.order ?? (set.orderBy === undefined ? "yield" : "keep");
  const policy: Policy = Object.freeze({
    group: set.group,
    fanOut: set.fanOut ?? false,
    concurrency: set.concurrency ?? 1,
    orderBy: set.orderBy,
    maxAttempts: retry.maxAttempts ?? Infinity,
    capWritten: retry.maxAttempts !== undefined,
    order,
    backoff: Object.freeze({
      ...defaultBackoff,
      ...written(retry.backoff ?? {}),
    }),
    retryable: retry.retryable,
    deadLetter: channel,
    unconfirmed: deadLetter !== undefined && "channel" in deadLetter &&
      deadLetter.unconfirmed === true,
    undecodable: set.undecodable ?? fallback,
    onExhausted: set.onExhausted ?? fallback,
    onUnmatched: set.onUnmatched ?? fallback,
    timeoutMs: set.timeoutMs,
    abandonMs: set.abandonMs ?? 10_000,
    maxHeld: set.maxHeld ?? 1_000,
    maxHoldMs: set.maxHoldMs ?? 1_800_000,
    maxBodyBytes: set.maxBodyBytes ?? Infinity,
    maxAgeMs: set.maxAgeMs ?? Infinity,
    codec: set.codec,
    messageIds: set.messageIds ?? true,
  });
  check(where, policy);
  return policy;
}

function check(where: string, policy: Policy): void {
  for (const name of ["undecodable", "onExhausted", "onUnmatched"] as const) {
    if (policy[name] === "dead-letter" && policy.deadLetter === undefined) {
      throw new TypeError(
        `Cannot mount ${where}: ${name} is "dead-letter" and no deadLetter channel is declared`,
      );
    }
  }
  if (
    policy.orderBy !== undefined && policy.order === "keep" &&
    !policy.capWritten
  ) {
    throw new TypeError(
      `Cannot mount ${where}: orderBy keeps a key waiting for its retries, so retry.maxAttempts must be written, Infinity if it is meant`,
    );
  }
}
