import {
  type AnyChannel,
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
import { Consumer, durableName, ephemeralName } from "./_consumer.ts";
import { checkName, ensureStream } from "./_ensure.ts";
import type { Wire } from "./_fields.ts";
import { Hub } from "./_hub.ts";
import { Reader } from "./_reader.ts";
import { ConsumerSubscription } from "./_subscription.ts";
import type { ConsumerOptions } from "./consumer_options.ts";
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
   * How many deliveries to ask for beyond what is wanted right now: more of them where the server is far away. They are in nobody else's hands meanwhile.
   *
   * @default {0}
   */
  readonly prefetch?: number;
  /**
   * How long one request waits at the server, in milliseconds, before the next is sent.
   *
   * @default {30_000}
   */
  readonly expiresMs?: number;
}

const defaultAckWaitMs = 30_000;
const defaultExpiresMs = 30_000;

/** What a subscription to a consumer promises. */
function guaranteesOf(
  durable: boolean,
  stored: boolean,
  settleDeadlineMs: number,
): Guarantees {
  return Object.freeze({
    ordering: "address",
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

/**
 * Reads a stream through a consumer: what is not settled comes again, and those who share a durable name share the deliveries.
 *
 * Opening declares the stream, where it is declared here, and the consumer. A durable consumer is never removed; an ephemeral one goes with its subscription.
 * While the subscription is open a consumer of ours that vanishes is made again, with an event: a durable one as it was declared, so it may begin anew and deliver
 * twice; an ephemeral one where it was.
 *
 * Nothing is asked of the server before a reader wants it, except by `prefetch`.
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
 * @throws {TypeError} If the channel's address, or a name, is not lawful.
 * @throws {RangeError} If a number is out of range.
 */
export function jetStream<Ch extends AnyChannel>(
  channel: Ch,
  options: JetStreamOptions,
): Source<NatsConnection, Ch, JetStreamSubscription> {
  const { stream, filters, backoff } = options;
  const address = parseAddress(channel.address);
  const subject = subjectOf(address);
  const declared = typeof stream === "string" ? undefined : stream;
  const name = checkName("stream", declared?.name ?? stream);
  if (options.durable !== undefined) checkName("consumer", options.durable);
  checkNumbers(options);
  const guarantees = guaranteesOf(
    options.durable !== undefined,
    // What is only named may be in memory: that is seen when it is opened.
    declared !== undefined && declared.storage !== "memory",
    Math.min(...(backoff ?? [options.ackWaitMs ?? defaultAckWaitMs])),
  );
  return Object.freeze({
    channel,
    guarantees,
    async open(
      connection: NatsConnection,
      asked: SubscribeOptions = {},
    ): Promise<JetStreamSubscription> {
      const hub = Hub.of(sessionOf(connection));
      const { api, session } = hub;
      const { signal } = asked;
      hub.checkOpen(`subscribe to "${address.template}"`);
      signal?.throwIfAborted();
      checkSubscribe(address, asked, guarantees);
      const durable = durableName(options, asked, subject);
      const { version } = session.info;
      const restore = (signal?: AbortSignal): Promise<Wire | undefined> =>
        declared === undefined
          ? Promise.resolve(undefined)
          : ensureStream(api, version, declared, signal);
      const config = await restore(signal) ??
        await lookAt(name, options, api, signal);
      const consumer = new Consumer(
        {
          stream: name,
          name: durable ?? ephemeralName(session.inbox()),
          durable: durable !== undefined,
          options,
          subjects: filters ?? [subject],
        },
        api,
        () => session.info.version,
      );
      await consumer.ensure(undefined, signal);
      signal?.throwIfAborted();
      return new ConsumerSubscription(
        new Reader({
          hub,
          consumer,
          guarantees: guaranteesOf(
            durable !== undefined,
            config?.["storage"] === "file",
            consumer.leastWaitMs,
          ),
          prefetch: options.prefetch ?? 0,
          expiresMs: options.expiresMs ?? defaultExpiresMs,
          confirmed: options.settle === "confirmed",
          restore,
          signal,
        }),
      );
    },
  });
}
