import { attempt } from "../attempt.ts";
import { parseAddress } from "../contract/address.ts";
import type { Broker, Connection } from "../contract/broker.ts";
import type { AnyChannel } from "../contract/channel.ts";
import type { Clock } from "../contract/clock.ts";
import { MessagingError } from "../contract/errors.ts";
import type { Publisher } from "../contract/publisher.ts";
import type { Source } from "../contract/source.ts";
import type { Batches, Subscription } from "../contract/subscription.ts";
import { compose, readBatchOutcome, readOutcome } from "../dispatch/compose.ts";
import type { Pipe } from "../dispatch/pipe.ts";
import type { Destination, Route } from "../dispatch/route.ts";
import type { Notice, Observer } from "../observe.ts";
import { codecOf } from "../encode.ts";
import type { RawPublisher } from "../erased_publisher.ts";
import {
  around,
  observedLayers,
  type PublishTarget,
} from "../publish_middleware.ts";
import { slotOf } from "../slot.ts";
import { isElsewhere } from "./elsewhere.ts";
import { missingGuarantees } from "./guarantees.ts";
import type { SinkOf } from "./mount_options.ts";
import type {
  AppPlan,
  PlannedSubscriber,
  PlannedSubscription,
} from "./planned.ts";

/** What opening is done with. */
export interface Opening {
  readonly broker: Broker;
  readonly connection: Connection;
  /** All of the application's, by the broker's name. */
  readonly connections: ReadonlyMap<string, Connection>;
  readonly observer: Observer | undefined;
  /** What becomes of a subscription that ends by itself. */
  readonly onLost: "stop" | "retry";
  readonly clock: Clock;
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
  { connection, connections }: Opening,
  sink: SinkOf<Connection> | undefined,
): Promise<Publisher> {
  if (sink === undefined) return connection.publisher;
  if (!isElsewhere(sink)) return await sink.open(connection);
  // The plan has refused a broker that the application does not have.
  const other = connections.get(sink.broker) as Connection;
  return sink.sink === undefined
    ? other.publisher
    : await sink.sink.open(other as never);
}

/** What is around the publishes of a subscriber, of one channel and one kind. */
function wrapping(
  { broker, observer, clock }: Opening,
  { name, publishMiddleware }: PlannedSubscriber,
  kind: PublishTarget["kind"],
): (raw: RawPublisher, channel: AnyChannel) => RawPublisher {
  const layers = observedLayers(publishMiddleware, observer, clock);
  return (raw, { address }) =>
    around(raw, layers, {
      kind,
      template: address,
      broker: broker.name,
      subscriber: name,
    });
}

async function openDestination(
  opening: Opening,
  planned: PlannedSubscriber,
  kind: "reply" | "dead-letter",
  channel: AnyChannel | undefined,
  sink: SinkOf<Connection> | undefined,
): Promise<Destination | undefined> {
  if (channel === undefined) return undefined;
  return {
    channel,
    pattern: parseAddress(channel.address),
    codec: codecOf(channel, planned.policy.codec),
    publisher: wrapping(opening, planned, kind)(
      await openSink(opening, sink),
      channel,
    ),
  };
}

async function openSlots(
  opening: Opening,
  planned: PlannedSubscriber,
): Promise<unknown> {
  const { definition, mount, policy, name } = planned;
  const { options } = definition;
  const slots: Record<string, unknown> = {};
  const wrap = wrapping(opening, planned, "publish");
  const sinks: Readonly<Record<string, SinkOf<Connection>>> = mount.out ?? {};
  const outs = definition.pipe === undefined ? options.out ?? {} : {};
  for (const [slot, out] of Object.entries(outs)) {
    const { capability } = out;
    const publisher = await openSink(opening, sinks[slot]);
    if (capability !== undefined && !(capability in publisher)) {
      throw new MessagingError(
        "unsupported",
        `Cannot open slot "${slot}" of "${name}" on "${opening.broker.name}": its publisher lacks "${capability}"`,
      );
    }
    slots[slot] = slotOf(publisher, out, {
      codec: policy.codec,
      headers: out.headers,
      clock: opening.clock,
      wrap,
    });
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

/** Opens what a pipeline publishes by, and the pipeline. */
async function openPipe(
  opening: Opening,
  planned: PlannedSubscriber,
): Promise<Pipe | undefined> {
  const { definition: { pipe, options }, mount, policy, name } = planned;
  if (pipe === undefined) return undefined;
  const wrap = wrapping(opening, planned, "publish");
  const sinks: Readonly<Record<string, SinkOf<Connection>>> = mount.out ?? {};
  const publishers: Record<string, Publisher> = {};
  for (const [slot, { channel }] of Object.entries(options.out ?? {})) {
    const raw = await openSink(opening, sinks[slot]);
    publishers[slot] = wrap(raw, channel);
  }
  const { clock, notice } = opening;
  const { codec } = policy;
  const { guarantees } = planned;
  return pipe.open(
    { name, clock, guarantees, policy, codec, notice },
    publishers,
  );
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
    "reply",
    options.reply,
    mount.reply,
  );
  const deadLetter = await openDestination(
    opening,
    planned,
    "dead-letter",
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
    answers: wrapping(opening, planned, "reply")(
      opening.connection.publisher,
      options.reply ?? definition.channel,
    ),
    out: await openSlots(opening, planned),
    pipe: await openPipe(opening, planned),
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
