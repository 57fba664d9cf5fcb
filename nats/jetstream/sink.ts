import {
  checkOptions,
  MessagingError,
  signalOnly,
  type Sink,
} from "@ruststream/core/contract";
import type { NatsConnection } from "../nats_connection.ts";
import { sessionOf } from "../session_of.ts";
import { checkName, ensureStream } from "./_ensure.ts";
import { reaches, type Wire } from "./_fields.ts";
import { Hub } from "./_hub.ts";
import { type PublisherSettings, StreamPublisher } from "./_publisher.ts";
import { schedule } from "./_schedule.ts";
import { StreamTransaction } from "./_transaction.ts";
import type {
  JetStreamPublisher,
  JetStreamSchedules,
  JetStreamTransacts,
} from "./publisher.ts";
import type { StreamOptions } from "./stream_options.ts";

/** Options for {@linkcode jetStreamSink}. */
export interface JetStreamSinkOptions {
  /** The stream that must take each message: its name, or its declaration. By default any stream may. */
  readonly stream?: string | StreamOptions;
  /**
   * How long one attempt waits for its answer, in milliseconds; and how long a message is sent again that nobody takes because its stream has no leader right now.
   *
   * @default {5_000}
   */
  readonly timeoutMs?: number;
  /**
   * How often a message is sent again whose answer was lost. Where it is more than none, each message has an id, so that it is stored once.
   *
   * @default {2}
   */
  readonly retries?: number;
  /**
   * How long to wait before that, in milliseconds.
   *
   * @default {250}
   */
  readonly retryDelayMs?: number;
  /**
   * How many may wait for their answers; later ones wait for them.
   *
   * @default {1_024}
   */
  readonly maxInFlight?: number;
  /**
   * Whether it has transactions. Needs a server of 2.12, and `stream` with `allowAtomic`.
   *
   * @default {false}
   */
  readonly atomic?: boolean;
  /** What the subjects begin with where messages for later wait: subjects of `stream`, which needs `allowSchedules`, and a server of 2.12. Without it there is no schedule. */
  readonly schedules?: string;
}

/** What a sink's publisher can do, by its options. */
export type JetStreamPublisherOf<O extends JetStreamSinkOptions> =
  & JetStreamPublisher
  & (O extends { readonly atomic: true } ? JetStreamTransacts : unknown)
  & (O extends { readonly schedules: string } ? JetStreamSchedules : unknown);

const known: readonly (keyof JetStreamSinkOptions)[] = [
  "stream",
  "timeoutMs",
  "retries",
  "retryDelayMs",
  "maxInFlight",
  "atomic",
  "schedules",
];

/** The options' numbers, checked. */
function settingsOf(options: JetStreamSinkOptions): PublisherSettings {
  const whole = (name: keyof JetStreamSinkOptions, least: number): void => {
    const value = options[name];
    if (value === undefined) return;
    if (Number.isSafeInteger(value) && (value as number) >= least) return;
    throw new RangeError(
      `Cannot use option "${name}" of a JetStream sink: expected a whole number of at least ${least}, found ${value}`,
    );
  };
  whole("timeoutMs", 1);
  whole("retries", 0);
  whole("retryDelayMs", 0);
  whole("maxInFlight", 1);
  const { stream, timeoutMs = 5_000, retries = 2 } = options;
  const name = typeof stream === "string" ? stream : stream?.name;
  return {
    ...(name !== undefined && { stream: checkName("stream", name) }),
    timeoutMs,
    retries,
    retryDelayMs: options.retryDelayMs ?? 250,
    maxInFlight: options.maxInFlight ?? 1_024,
  };
}

/** Refuses at the start what would be refused at each use. */
function checkAble(
  hub: Hub,
  options: JetStreamSinkOptions,
  found: Wire | undefined,
): void {
  const { version } = hub.session.info;
  for (
    const [name, field, setting] of [
      ["atomic", "allow_atomic", "allowAtomic"],
      ["schedules", "allow_msg_schedules", "allowSchedules"],
    ] as const
  ) {
    if (options[name] === undefined || options[name] === false) continue;
    const why = !reaches(version, "2.12")
      ? `it needs a server of 2.12, found ${version}`
      : found === undefined
      ? 'the option "stream" does not name its stream'
      : found[field] === true
      ? undefined
      : `the stream "${found["name"]}" has no "${setting}"`;
    if (why === undefined) continue;
    throw new MessagingError(
      "unsupported",
      `Cannot open a JetStream sink with "${name}": ${why}`,
    );
  }
}

async function findStream(
  hub: Hub,
  stream: string | StreamOptions | undefined,
): Promise<Wire | undefined> {
  if (stream === undefined) return undefined;
  const { api, session } = hub;
  const declared = typeof stream === "string"
    ? { name: stream, ensure: "check" } as const
    : stream;
  return await ensureStream(api, session.info.version, declared) ??
    await api.stream(declared.name);
}

/**
 * Publishes to streams, and resolves when a message is stored.
 *
 * Opening looks for the stream, if one is named, and makes it, if it is declared.
 *
 * @example What cannot name a stream is refused at once
 * ```ts
 * import assert from "node:assert/strict";
 * import { jetStreamSink } from "@ruststream/nats";
 *
 * const sink = jetStreamSink({ stream: "ORDERS", maxInFlight: 256 });
 * assert.equal(typeof sink.open, "function");
 * assert.throws(() => jetStreamSink({ stream: "all orders" }), TypeError);
 * ```
 *
 * @throws {TypeError} If a stream's name is not lawful.
 * @throws {RangeError} If a number is out of range.
 */
export function jetStreamSink<const O extends JetStreamSinkOptions>(
  options?: O,
): Sink<NatsConnection, JetStreamPublisherOf<O>> {
  const given: JetStreamSinkOptions = { ...options };
  checkOptions("make a sink of JetStream", given, known);
  const settings = settingsOf(given);
  return Object.freeze({
    async open(connection: NatsConnection): Promise<JetStreamPublisherOf<O>> {
      const hub = Hub.of(sessionOf(connection));
      hub.checkOpen("open a JetStream sink");
      checkAble(hub, given, await findStream(hub, given.stream));
      return made(hub, settings, given) as JetStreamPublisherOf<O>;
    },
  });
}

// What it cannot do must not be there: capabilities are methods.
function made(
  hub: Hub,
  settings: PublisherSettings,
  { atomic, schedules }: JetStreamSinkOptions,
): JetStreamPublisher {
  const { timeoutMs } = settings;
  const publisher = new StreamPublisher(hub, settings);
  const transacts: JetStreamTransacts = {
    // deno-lint-ignore require-await -- what is thrown must reject
    async begin(options = {}) {
      const { signal } = options;
      const deed = "begin a transaction";
      hub.checkOpen(deed);
      checkOptions(deed, options, signalOnly);
      signal?.throwIfAborted();
      return new StreamTransaction({ hub, timeoutMs, signal });
    },
  };
  const later = (under: string): JetStreamSchedules => ({
    // deno-lint-ignore require-await -- what is thrown must reject
    schedule: async (message, at, options = {}) => {
      const { signal } = options;
      checkOptions(`schedule "${message.address}"`, options, signalOnly);
      return schedule(message, at, { hub, under, publisher, signal });
    },
  });
  return Object.assign(
    publisher,
    atomic === true && transacts,
    schedules !== undefined && later(schedules),
  );
}
