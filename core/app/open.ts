import { attempt } from "../attempt.ts";
import { parseAddress } from "../contract/address.ts";
import type { Connection } from "../contract/broker.ts";
import type { AnyChannel } from "../contract/channel.ts";
import { MessagingError } from "../contract/errors.ts";
import type { Source } from "../contract/source.ts";
import type { Batches, Subscription } from "../contract/subscription.ts";
import type { MountedSubscriber } from "../context.ts";
import { compose, readBatchOutcome, readOutcome } from "../dispatch/compose.ts";
import type { Pipe, PipeSinks } from "../dispatch/pipe.ts";
import type { Destination, Route } from "../dispatch/route.ts";
import { transacting } from "../dispatch/transacting.ts";
import { codecOf } from "../publish/encode.ts";
import { type OpenSlot, slotOf, slotsOf } from "../publish/slot.ts";
import { missingGuarantees } from "./guarantees.ts";
import { type SinkOf, sinkOf } from "./mount_options.ts";
import {
  namerOf,
  type Opening,
  openSink,
  wrapping,
} from "./open_publishers.ts";
import { openTransacting } from "./open_transacting.ts";
import type {
  AppPlan,
  PlannedSubscriber,
  PlannedSubscription,
} from "./planned.ts";

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
    publisher: wrapping(opening, planned, kind, sink)(
      await openSink(opening, sink),
      channel,
    ),
    // A dead letter keeps the id of its message.
    namer: kind === "reply"
      ? namerOf(opening, planned, sink, "reply")
      : undefined,
  };
}

async function openSlots(
  opening: Opening,
  planned: PlannedSubscriber,
): Promise<Route["out"]> {
  const { definition, mount, policy, name } = planned;
  const { options } = definition;
  const slots: Record<string, OpenSlot> = {};
  const outs = definition.pipe === undefined ? options.out ?? {} : {};
  for (const [slot, out] of Object.entries(outs)) {
    const { capability } = out;
    const sink = sinkOf(mount, slot);
    const publisher = await openSink(opening, sink);
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
      track: opening.track,
      wrap: wrapping(opening, planned, "publish", sink),
    }, namerOf(opening, planned, sink, `slot ${slot}`));
  }
  return slotsOf(slots);
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
  const sinks: Record<string, PipeSinks[string]> = {};
  for (const [slot, { channel }] of Object.entries(options.out ?? {})) {
    const sink = sinkOf(mount, slot);
    const raw = await openSink(opening, sink);
    const wrap = wrapping(opening, planned, "publish", sink);
    sinks[slot] = {
      publisher: wrap(raw, channel),
      namer: namerOf(opening, planned, sink, `slot ${slot}`),
    };
  }
  const { clock, notice } = opening;
  const { codec } = policy;
  const { guarantees } = planned;
  return pipe.open(
    { name, clock, guarantees, policy, codec, notice },
    sinks,
  );
}

function mountedOf(
  { broker }: Opening,
  { name, pattern, policy: { group }, definition }: PlannedSubscriber,
): MountedSubscriber {
  const { batch, pipe } = definition;
  return Object.freeze({
    subscriber: name,
    template: pattern.template,
    broker: broker.name,
    ...(group === undefined ? {} : { group }),
    kind: batch ? "batch" : pipe === undefined ? "single" : "pipeline",
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
  const transaction = await openTransacting(opening, planned);
  const read = definition.batch
    ? readBatchOutcome(name)
    : readOutcome(name, options.reply !== undefined);
  const chain = compose(handle, read, planned.middleware, options.deps);
  return {
    name,
    mounted: mountedOf(opening, planned),
    pattern: planned.pattern,
    channel: definition.channel,
    codec: planned.codec,
    policy,
    chain: transaction === undefined ? chain : transacting(transaction, chain),
    when: options.when,
    reply,
    deadLetter,
    answers: wrapping(opening, planned, "reply", undefined)(
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
