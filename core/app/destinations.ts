import { type AddressPattern, parseAddress } from "../contract/address.ts";
import type { Connection } from "../contract/broker.ts";
import type { AnyChannel } from "../contract/channel.ts";
import { isElsewhere } from "./elsewhere.ts";
import { type SinkOf, sinkOf } from "./mount_options.ts";
import { allUpstream, overlap } from "./overlap.ts";
import type { PlannedSubscriber } from "./planned.ts";

/** Something that a subscriber declares to publish. */
export interface Destined {
  /** What it is, in words. */
  readonly what: string;
  readonly address: AddressPattern;
  /** The name of the broker that it is published on. */
  readonly broker: string;
}

/** A subscriber, and the name of the broker that it reads from. */
export interface Mounted {
  readonly broker: string;
  readonly planned: PlannedSubscriber;
}

function destined(
  what: string,
  channel: AnyChannel | undefined,
  sink: SinkOf<Connection> | undefined,
  own: string,
): readonly Destined[] {
  if (channel === undefined) return [];
  const broker = isElsewhere(sink) ? sink.broker : own;
  return [{ what, address: parseAddress(channel.address), broker }];
}

function deadLetterOf({ broker, planned }: Mounted): readonly Destined[] {
  const { policy, mount } = planned;
  return destined(
    "dead letter",
    policy.deadLetter,
    mount.deadLetterSink,
    broker,
  );
}

/** All that a subscriber declares to publish. */
export function destinationsOf(mounted: Mounted): readonly Destined[] {
  const { broker, planned: { definition: { options }, mount } } = mounted;
  const { transaction } = mount;
  return [
    ...destined("reply", options.reply, transaction ?? mount.reply, broker),
    ...deadLetterOf(mounted),
    ...Object.entries(options.out ?? {}).flatMap(([slot, { channel }]) =>
      destined(
        `slot "${slot}"`,
        channel,
        transaction ?? sinkOf(mount, slot),
        broker,
      )
    ),
  ];
}

/**
 * Checks where all subscribers of an application publish to.
 *
 * @throws {TypeError} If the application does not have a broker that is published on, or dead letters would go round without end.
 */
export function checkDestinations(
  all: readonly Mounted[],
  brokers: ReadonlySet<string>,
): void {
  for (const mounted of all) {
    const { broker: on, planned: { name } } = mounted;
    for (const { what, broker } of destinationsOf(mounted)) {
      if (brokers.has(broker)) continue;
      const names = [...brokers].map((known) => `"${known}"`).join(", ");
      throw new TypeError(
        `Cannot mount "${name}" on "${on}": its ${what} is published on broker "${broker}", and this application has ${names}`,
      );
    }
  }
  checkDeadLetters(all);
}

/** Where dead letters go, and whose. Most applications have one such address for all. */
interface DeadLetters {
  readonly dead: Destined;
  readonly from: number[];
}

function deadLettersOf(all: readonly Mounted[]): readonly DeadLetters[] {
  const known = new Map<string, DeadLetters>();
  for (const [index, mounted] of all.entries()) {
    for (const dead of deadLetterOf(mounted)) {
      const key = JSON.stringify([dead.broker, dead.address.template]);
      const other = known.get(key);
      if (other === undefined) known.set(key, { dead, from: [index] });
      else other.from.push(index);
    }
  }
  return [...known.values()];
}

/** Dead letters that lead back to who sent them, over others or not, would go round without end. */
function checkDeadLetters(all: readonly Mounted[]): void {
  const sent = deadLettersOf(all);
  const direct = all.map(({ broker, planned: { pattern } }) =>
    sent.flatMap(({ dead, from }) =>
      dead.broker === broker && overlap(dead.address, pattern) ? from : []
    )
  );
  for (const [index, { broker, planned: { name, policy } }] of all.entries()) {
    if (!allUpstream(direct, index).has(index)) continue;
    throw new TypeError(
      `Cannot mount "${name}" on "${broker}": its dead letters to "${policy.deadLetter?.address}" would come back to it, and never come to an end`,
    );
  }
}
