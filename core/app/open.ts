import { attempt } from "../attempt.ts";
import { parseAddress } from "../contract/address.ts";
import { isPromiseLike } from "../contract/awaitable.ts";
import type { Broker, Connection } from "../contract/broker.ts";
import type { AnyChannel } from "../contract/channel.ts";
import { MessagingError } from "../contract/errors.ts";
import type { Publisher } from "../contract/publisher.ts";
import type { Sink, Source } from "../contract/source.ts";
import type { Batches, Subscription } from "../contract/subscription.ts";
import { compose, readBatchOutcome, readOutcome } from "../dispatch/compose.ts";
import type { Destination, Route } from "../dispatch/route.ts";
import type { Notice, Observer } from "../observe.ts";
import { codecOf } from "../encode.ts";
import { publisherOf } from "../publisher.ts";
import { missingGuarantees } from "./guarantees.ts";
import type {
  AppPlan,
  PlannedSubscriber,
  PlannedSubscription,
} from "./plan.ts";

/** What opening is done with. */
export interface Opening {
  readonly broker: Broker;
  readonly connection: Connection;
  readonly observer: Observer | undefined;
  /** What becomes of a subscription that ends by itself. */
  readonly onLost: "stop" | "retry";
  now(): number;
  notice(notice: Notice): void;
}

/** A subscription that may have the capability that the runtime reads by. */
export type Opened = Subscription & Partial<Batches>;

/**
 * Refuses what asks for something that its broker does not have, before anything is opened.
 *
 * @throws {MessagingError} `unsupported`.
 */
export function checkRefused({ brokers }: AppPlan): void {
  for (const { subscriptions } of brokers) {
    for (const { name, refused } of subscriptions.flat()) {
      for (const why of Object.values(refused)) {
        throw new MessagingError(
          "unsupported",
          `Cannot start "${name}": ${why}`,
        );
      }
    }
  }
}

async function openSink(
  opening: Opening,
  sink: Sink<Connection> | undefined,
): Promise<Publisher> {
  const { connection } = opening;
  return sink === undefined
    ? connection.publisher
    : await sink.open(connection);
}

/** Tells an observer of each publish; without one the publisher stays as it is. */
function observed(
  opening: Opening,
  publisher: Publisher,
  template: string,
): Publisher {
  const { observer, now } = opening;
  if (observer?.published === undefined) return publisher;
  const { confirms } = publisher;
  const tell = (address: string, from: number, error?: unknown): void =>
    observer.published?.({
      address,
      template,
      ms: now() - from,
      ...(error === undefined ? {} : { error }),
    });
  return {
    confirms,
    async publish(message, options) {
      const from = now();
      try {
        const sent = publisher.publish(message, options);
        const receipt = isPromiseLike(sent) ? await sent : sent;
        tell(message.address, from);
        return receipt;
      } catch (error) {
        tell(message.address, from, error);
        throw error;
      }
    },
  };
}

async function openDestination(
  opening: Opening,
  planned: PlannedSubscriber,
  channel: AnyChannel | undefined,
  sink: Sink<Connection> | undefined,
): Promise<Destination | undefined> {
  if (channel === undefined) return undefined;
  return {
    channel,
    pattern: parseAddress(channel.address),
    codec: codecOf(channel, planned.policy.codec),
    publisher: observed(
      opening,
      await openSink(opening, sink),
      channel.address,
    ),
  };
}

async function openSlots(
  opening: Opening,
  planned: PlannedSubscriber,
): Promise<unknown> {
  const { definition: { options }, mount, policy, name } = planned;
  const slots: Record<string, unknown> = {};
  for (
    const [slot, { channel, capability }] of Object.entries(options.out ?? {})
  ) {
    const publisher = await openSink(opening, mount.out?.[slot]);
    if (capability !== undefined && !(capability in publisher)) {
      throw new MessagingError(
        "unsupported",
        `Cannot open slot "${slot}" of "${name}" on "${opening.broker.name}": its publisher lacks "${capability}"`,
      );
    }
    slots[slot] = publisherOf(
      observed(opening, publisher, channel.address),
      channel,
      policy.codec,
    );
  }
  return Object.freeze(slots);
}

function checkDeadLetter(
  opening: Opening,
  planned: PlannedSubscriber,
  to: Destination | undefined,
): void {
  if (to === undefined) return;
  const { name, policy } = planned;
  if (to.publisher.confirms !== "stored" && !policy.unconfirmed) {
    throw new MessagingError(
      "unsupported",
      `Cannot start "${name}": its dead letters would be confirmed as "${to.publisher.confirms}" only; say { channel, unconfirmed: true } if that will do`,
    );
  }
  if (to.codec.contentType === "application/octet-stream") return;
  opening.notice({
    level: "warn",
    code: "dead-letter-codec",
    subscriber: name,
    message:
      `Cannot promise that dead letters of "${name}" decode: they carry bodies as they came, and "${to.channel.address}" is not declared by bytes()`,
  });
}

/** Opens what a subscriber publishes to, and composes its handler. */
export async function openRoute(
  opening: Opening,
  planned: PlannedSubscriber,
): Promise<Route> {
  const { name, definition, mount, policy } = planned;
  const { options, handle } = definition;
  const reply = await openDestination(
    opening,
    planned,
    options.reply,
    mount.reply,
  );
  const deadLetter = await openDestination(
    opening,
    planned,
    policy.deadLetter,
    mount.deadLetterSink,
  );
  checkDeadLetter(opening, planned, deadLetter);
  const read = definition.batch
    ? readBatchOutcome(name)
    : readOutcome(name, options.reply !== undefined);
  return {
    name,
    pattern: planned.pattern,
    channel: definition.channel,
    codec: planned.codec,
    policy,
    chain: compose(handle, read, planned.middleware, options.deps),
    when: options.when,
    reply,
    deadLetter,
    answers: observed(
      opening,
      opening.connection.publisher,
      planned.pattern.template,
    ),
    out: await openSlots(opening, planned),
    batch: definition.batch
      ? { max: options.max ?? 1, waitMs: options.waitMs ?? 0 }
      : undefined,
  };
}

/** Opens a subscription, and checks that it promises what was said. */
export async function openSubscription(
  { broker, connection }: Opening,
  [planned]: PlannedSubscription,
  signal: AbortSignal,
): Promise<Opened> {
  const { policy, source, pattern, name, definition } = planned;
  const options = {
    signal,
    concurrency: policy.concurrency * (definition.options.max ?? 1),
    ...(policy.group === undefined ? {} : { group: policy.group }),
    ...(policy.maxAttempts === Infinity
      ? {}
      : { maxAttempts: policy.maxAttempts }),
  };
  const opened: Opened = source === undefined
    ? await connection.subscribe(pattern, options)
    : await (source as Source<Connection>).open(connection, options);
  const missing = missingGuarantees(planned.guarantees, opened.guarantees);
  if (missing.length === 0) return opened;
  // The error below says more than one of the clean-up could.
  await attempt(() => opened[Symbol.asyncDispose]()).catch(() => {});
  throw new MessagingError(
    "unsupported",
    `Cannot start "${name}": its subscription promises less than "${broker.name}" did (${
      missing.join(", ")
    })`,
  );
}

/** Whether each replica of the service gets each message though nobody said that it should. */
export function lacksGroup(
  { broker }: Pick<Opening, "broker">,
  { policy, source }: PlannedSubscriber,
  opened: Opened,
): boolean {
  return broker.describe().length > 0 && policy.group === undefined &&
    !policy.fanOut && source === undefined &&
    opened.guarantees.redelivery !== "until-settled";
}
