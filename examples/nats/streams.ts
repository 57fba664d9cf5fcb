/**
 * What the shop keeps on the server. Each stream is made where it is missing, and compared where it is there.
 *
 * @module
 */

import type { AnyChannel, Sink, Source } from "@ruststream/core/contract";
import {
  jetStream,
  type JetStreamPublisher,
  jetStreamSink,
  type JetStreamSubscription,
  type NatsConnection,
  type StreamOptions,
} from "@ruststream/nats";

const weekMs = 7 * 24 * 60 * 60 * 1_000;

const streams = {
  /** Orders that are still to be taken: an ack removes one. */
  ORDERS: {
    name: "ORDERS",
    subjects: ["orders.*.placed"],
    retention: "workqueue",
  },
  /** What was paid, for a week. */
  RECEIPTS: {
    name: "RECEIPTS",
    subjects: ["orders.*.confirmed", "audit.*"],
    maxAgeMs: weekMs,
  },
  /** What could not be handled, as it came, until somebody removes it. */
  REFUSALS: { name: "REFUSALS", subjects: ["orders.*.refused"] },
} as const satisfies Record<string, StreamOptions>;

/** Reads a channel from a stream. */
export function reading(
  name: keyof typeof streams,
): (
  channel: AnyChannel,
) => Source<NatsConnection, AnyChannel, JetStreamSubscription> {
  return (channel) => jetStream(channel, { stream: streams[name] });
}

/** Publishes to a stream: resolved means stored. */
export function storing(
  name: keyof typeof streams,
): Sink<NatsConnection, JetStreamPublisher> {
  return jetStreamSink({ stream: streams[name] });
}
