import { parseAddress } from "../contract/address.ts";
import type { Connection } from "../contract/broker.ts";
import { MessagingError } from "../contract/errors.ts";
import type { Publisher } from "../contract/publisher.ts";
import type { Transacting } from "../dispatch/transacting.ts";
import type { Destination } from "../dispatch/route.ts";
import { codecOf } from "../publish/encode.ts";
import type { RawPublisher } from "../publish/erased_publisher.ts";
import { slotOf } from "../publish/slot.ts";
import type { SinkOf } from "./mount_options.ts";
import { type Opening, openSink, wrapping } from "./open_publishers.ts";
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
  const slots = (on: Publisher): unknown =>
    Object.freeze(Object.fromEntries(
      Object.entries(options.out ?? {}).map(([slot, out]) => [
        slot,
        slotOf(on, out, {
          codec,
          headers: out.headers,
          clock: opening.clock,
          wrap: wrapSlot,
        }),
      ]),
    ));
  const { reply: channel } = options;
  const reply = (on: Publisher): Destination | undefined =>
    channel && {
      channel,
      pattern: parseAddress(channel.address),
      codec: codecOf(channel, codec),
      publisher: wrapReply(on, channel),
    };
  return { begin, slots, reply };
}
