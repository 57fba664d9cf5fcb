import {
  type AddressPattern,
  type AnyChannel,
  checkOptions,
  checkSubscribe,
  type Guarantees,
  MessagingError,
  parseAddress,
  type Source,
  type SubscribeOptions,
} from "@ruststream/core/contract";
import type { NatsConnection } from "../nats_connection.ts";
import { sessionOf } from "../session_of.ts";
import { subjectOf } from "../subjects.ts";
import type { Api } from "./_api.ts";
import {
  Consumer,
  type ConsumerPlan,
  durableName,
  ephemeralName,
} from "./_consumer.ts";
import { gatedConsumerFields } from "./_consumer_fields.ts";
import { checkName, ensureStream } from "./_ensure.ts";
import type { Wire } from "./_fields.ts";
import { Hub } from "./_hub.ts";
import { PartitionPlan } from "./_partitions.ts";
import { Reader } from "./_reader.ts";
import { ConsumerSubscription } from "./_subscription.ts";
import { checkTaken } from "./_taken.ts";
import type { ConsumerOptions } from "./consumer_options.ts";
import type { PartitionOptions } from "./partitions.ts";
import type { StreamOptions } from "./stream_options.ts";
import type { JetStreamSubscription } from "./subscription.ts";

/** Options for {@linkcode jetStream}. */
export interface JetStreamOptions extends ConsumerOptions {
  /** The stream: its name, or its declaration. */
  readonly stream: string | StreamOptions;
  /**
   * When a settlement holds: when it was sent, or when the server has confirmed it. Confirmed, an ack that was lost is known, and sent again.
   *
   * @default {"sent"}
   */
  readonly settle?: "sent" | "confirmed";
  /**
   * How many deliveries to ask for beyond what is wanted right now: they are in nobody else's hands meanwhile. By default as many as were taken lately in 20 ms, and at
   * most 500: a quick reader does not wait for the server, and a slow one, or one that begins, holds nothing that it did not ask for.
   */
  readonly prefetch?: number;
  /**
   * How long one request waits at the server, in milliseconds, before the next is sent.
   *
   * @default {30_000}
   */
  readonly expiresMs?: number;
  /**
   * Divides the stream by a key, with a durable consumer for each part, `name-p0` and on: per key in order over any number of processes, one owner a part, and another where it fails.
   *
   * Then `maxAckPending` counts within a part and is 1 by default: the order holds over retries and crashes. With more, what an owner had in hand when it died comes after what was behind it. By default nothing is divided.
   */
  readonly partitions?: PartitionOptions;
}

const defaultAckWaitMs = 30_000;
const defaultExpiresMs = 30_000;

/** What a subscription to a consumer promises. */
function guaranteesOf(
  durable: boolean,
  stored: boolean,
  settleDeadlineMs: number,
  ordering: Guarantees["ordering"],
): Guarantees {
  return Object.freeze({
    ordering,
    // Nobody takes over what an ephemeral consumer had in hand.
    redelivery: durable ? "until-settled" : "on-retry",
    delayedRetry: true,
    countsAttempts: true,
    // The server has one word for "again", and counts it.
    releaseCounts: true,
    persistence: stored ? "durable" : "while-open",
    groups: true,
    patterns: true,
    headers: true,
    settleDeadlineMs,
  });
}

const known: readonly string[] = [
  ...Object.keys(gatedConsumerFields),
  "ensure",
  "ownership",
  "filters",
  "deliver",
  "stream",
  "settle",
  "prefetch",
  "expiresMs",
  "partitions",
];

function checkNumbers(options: JetStreamOptions): void {
  for (
    const [name, least] of [["prefetch", 0], ["expiresMs", 200]] as const
  ) {
    const value = options[name];
    if (value === undefined) continue;
    if (Number.isSafeInteger(value) && value >= least) continue;
    throw new RangeError(
      `Cannot use option "${name}" of a JetStream source: expected a whole number of at least ${least}, found ${value}`,
    );
  }
}

// A stream that is only named must be there; who may not look at it says so by `ensure: "never"`.
async function lookAt(
  name: string,
  { ensure }: JetStreamOptions,
  api: Api,
  signal: AbortSignal | undefined,
): Promise<Wire | undefined> {
  if (ensure === "never") return undefined;
  const config = await api.stream(name, signal);
  if (config !== undefined) return config;
  throw new MessagingError(
    "refused",
    `Cannot read stream "${name}": it is not there`,
  );
}

/** A source, checked. */
interface Planned {
  readonly address: AddressPattern;
  readonly options: JetStreamOptions;
  readonly stream: string;
  readonly declared: StreamOptions | undefined;
  readonly plan: PartitionPlan | undefined;
  readonly guarantees: Guarantees;
}

function consumerOf(
  { api, session }: Hub,
  { durable, ...plan }: Omit<ConsumerPlan, "name" | "durable"> & {
    readonly durable: string | undefined;
  },
): Consumer {
  return new Consumer(
    {
      ...plan,
      name: durable ?? ephemeralName(session.inbox()),
      durable: durable !== undefined,
    },
    api,
    () => session.info.version,
  );
}

async function openSubscription(
  { address, options, stream, declared, plan, guarantees }: Planned,
  hub: Hub,
  asked: SubscribeOptions = {},
): Promise<JetStreamSubscription> {
  const { api, session } = hub;
  const { signal } = asked;
  const subject = subjectOf(address);
  hub.checkOpen(`subscribe to "${address.template}"`);
  signal?.throwIfAborted();
  checkSubscribe(address, asked, guarantees);
  const durable = durableName(options, asked, subject);
  await plan?.check(hub, signal);
  const declare = async (signal?: AbortSignal): Promise<Wire | undefined> =>
    declared && await ensureStream(api, session.info.version, declared, signal);
  const whenStreamMade = async (
    signal?: AbortSignal,
  ): Promise<string | undefined> =>
    options.ensure === "never"
      ? undefined
      : (await api.lookAt(stream, signal))?.made;
  const config = await declare(signal) ??
    await lookAt(stream, options, api, signal);
  const shared = {
    hub,
    expiresMs: options.expiresMs ?? defaultExpiresMs,
    confirmed: options.settle === "confirmed",
    restore: declare,
    whenStreamMade,
    signal,
  };
  const promised = (settleDeadlineMs: number): Guarantees =>
    guaranteesOf(
      durable !== undefined,
      config?.["storage"] === "file",
      settleDeadlineMs,
      guarantees.ordering,
    );
  if (plan !== undefined) {
    const base = plan.nameOf(durable);
    const reader = await plan.open({
      ...shared,
      name: base,
      config,
      guarantees: promised,
      prefetch: options.prefetch ?? 0,
    });
    return new ConsumerSubscription(stream, base, reader);
  }
  const subjects = options.filters ?? [subject];
  await checkTaken(api, config, subjects, signal);
  const consumer = consumerOf(hub, { stream, durable, options, subjects });
  let streamMade: string | undefined;
  try {
    await consumer.ensure(undefined, signal);
    if (durable === undefined) streamMade = await whenStreamMade(signal);
    signal?.throwIfAborted();
  } catch (error) {
    // It may be there though nobody said so.
    if (durable === undefined) consumer.remove();
    throw error;
  }
  return new ConsumerSubscription(
    stream,
    consumer.name,
    new Reader({
      ...shared,
      consumer,
      guarantees: promised(consumer.leastWaitMs),
      prefetch: options.prefetch,
      ...(streamMade !== undefined && { streamMade }),
    }),
  );
}

/**
 * Reads a stream through a consumer: what is not settled comes again, and those who share a durable name share the deliveries.
 *
 * Opening declares the stream, where it is declared here, and the consumer. A durable consumer is never removed; an ephemeral one goes with its subscription.
 * While the subscription is open a consumer of ours that vanishes is made again, with an event: a durable one as it was declared, so it may begin anew and deliver
 * twice; an ephemeral one where it was.
 *
 * Nothing is asked of the server before a reader wants it; what a quick reader will want next comes along (`prefetch`).
 *
 * @example The source of a subscriber
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel } from "@ruststream/core";
 * import { jetStream } from "@ruststream/nats";
 *
 * const orders = channel<{ id: number }>("orders");
 * const source = jetStream(orders, { stream: "ORDERS", durable: "billing", ackWaitMs: 10_000 });
 * assert.equal(source.guarantees.redelivery, "until-settled");
 * assert.equal(source.guarantees.settleDeadlineMs, 10_000);
 * ```
 *
 * @typeParam Ch The channel.
 * @throws {TypeError} If the channel's address, or a name, is not lawful, or an option unknown.
 * @throws {RangeError} If a number is out of range.
 */
export function jetStream<Ch extends AnyChannel>(
  channel: Ch,
  options: JetStreamOptions,
): Source<NatsConnection, Ch, JetStreamSubscription> {
  const { stream, backoff } = options;
  const address = parseAddress(channel.address);
  checkOptions(`read "${address.template}"`, options, known);
  const written = typeof stream === "string" ? undefined : stream;
  const name = checkName("stream", written?.name ?? stream);
  const plan = options.partitions && new PartitionPlan({
    address,
    stream: name,
    declared: written,
    partitions: options.partitions,
    consumer: options,
  });
  if (options.durable !== undefined) checkName("consumer", options.durable);
  checkNumbers(options);
  const guarantees = guaranteesOf(
    options.durable !== undefined || plan !== undefined,
    // What is only named may be in memory: that is seen when it is opened.
    written !== undefined && written.storage !== "memory",
    Math.min(...(backoff ?? [options.ackWaitMs ?? defaultAckWaitMs])),
    plan === undefined ? "address" : "key",
  );
  const planned: Planned = {
    address,
    options,
    stream: name,
    declared: plan?.declared ?? written,
    plan,
    guarantees,
  };
  return Object.freeze({
    channel,
    guarantees,
    open: (connection: NatsConnection, asked?: SubscribeOptions) =>
      openSubscription(planned, Hub.of(sessionOf(connection)), asked),
  });
}
