import { parseAddress } from "../contract/address.ts";
import type { Connection } from "../contract/broker.ts";
import { MessagingError } from "../contract/errors.ts";
import type { Publisher } from "../contract/publisher.ts";
import type { Transacting } from "../dispatch/transacting.ts";
import type { Destination } from "../dispatch/route.ts";
import { codecOf } from "../publish/encode.ts";
import type { RawPublisher } from "../publish/erased_publisher.ts";
import { slotOf, slotsOf } from "../publish/slot.ts";
import type { SinkOf } from "./mount_options.ts";
import {
  namerOf,
  type Opening,
  openSink,
  wrapping,
} from "./open_publishers.ts";
import type { PlannedSubscriber } from "./planned.ts";

/**
 * Opens what begins the transactions of a batch subscriber; undefined where its batches have none.
 *
 * @throws {MessagingError} `unsupported`, where the publisher has no transactions.
 */
export async function openTransacting(
  opening: Opening,
  planned: PlannedSubscriber,
): Promise<Transacting | undefined> {
  const { definition: { options }, mount, name, policy } = planned;
  if (options.transactional !== true) return undefined;
  const sink: SinkOf<Connection> | undefined = mount.transaction;
  const raw: RawPublisher = await openSink(opening, sink);
  if (raw.begin === undefined) {
    throw new MessagingError(
      "unsupported",
      `Cannot start "${name}": its batches are transactional, and their publisher lacks "begin"`,
    );
  }
  const begin = raw.begin.bind(raw);
  const wrapSlot = wrapping(opening, planned, "publish", sink);
  const wrapReply = wrapping(opening, planned, "reply", sink);
  const { codec } = policy;
  const as = planned.publishingAs ?? ((on: Publisher) => on);
  const namers = new Map(
    Object.keys(options.out ?? {}).map((slot) => [
      slot,
      namerOf(opening, planned, sink, `slot ${slot}`),
    ]),
  );
  const slots: Transacting["slots"] = (on) =>
    slotsOf(Object.fromEntries(
      Object.entries(options.out ?? {}).map(([slot, out]) => [
        slot,
        slotOf(as(on, "slot", slot), out, {
          codec,
          headers: out.headers,
          clock: opening.clock,
          wrap: wrapSlot,
        }, namers.get(slot)),
      ]),
    ));
  const { reply: channel } = options;
  const namer = namerOf(opening, planned, sink, "reply");
  const reply = (on: Publisher): Destination | undefined =>
    channel && {
      channel,
      pattern: parseAddress(channel.address),
      codec: codecOf(channel, codec),
      publisher: wrapReply(as(on, "reply"), channel),
      namer,
    };
  return { begin, slots, reply };
}
