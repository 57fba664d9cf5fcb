import {
  type AnyChannel,
  checkOptions,
  parseAddress,
  type Source,
  type SubscribeOptions,
} from "@ruststream/core/contract";
import type { NatsConnection } from "../nats_connection.ts";
import { subjectOf } from "../subjects.ts";
import { checkName, ensureStream } from "./_ensure.ts";
import { ReadDelivery } from "./_ordered_delivery.ts";
import { openReading, readingGuarantees } from "./_reading.ts";
import type { StreamOptions } from "./stream_options.ts";
import type { OrderedSubscription, StreamStart } from "./subscription.ts";

/** Options for {@linkcode ordered}. */
export interface OrderedOptions {
  /** The stream: its name, or its declaration. */
  readonly stream: string | StreamOptions;
  /**
   * Where to begin, each time it is opened.
   *
   * @default {"start"}
   */
  readonly from?: StreamStart;
  /** The subjects to read instead of the channel's; several need a server of 2.10. By default the channel's. */
  readonly filters?: readonly string[];
  /**
   * Whether bodies stay on the server.
   *
   * @default {false}
   */
  readonly headersOnly?: boolean;
  /**
   * How many deliveries to ask for beyond what is wanted right now. By default as many as were taken lately in 20 ms, and at most 500.
   */
  readonly prefetch?: number;
  /**
   * How long one request waits at the server, in milliseconds, before the next is sent.
   *
   * @default {30_000}
   */
  readonly expiresMs?: number;
}

const known: readonly (keyof OrderedOptions)[] = [
  "stream",
  "from",
  "filters",
  "headersOnly",
  "prefetch",
  "expiresMs",
];

/**
 * Reads what a stream holds, in its order and without a gap, and then what comes. Each subscription has its own place; nothing is settled.
 *
 * Order is kept over lost connections and servers: the place is known here, and reading begins anew there. A drain gives what had come to this process.
 *
 * @example The source of a subscriber that sees all orders there ever were
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel } from "@ruststream/core";
 * import { ordered } from "@ruststream/nats";
 *
 * const source = ordered(channel<{ id: number }>("orders"), { stream: "ORDERS", from: "start" });
 * assert.equal(source.guarantees.redelivery, "none");
 * ```
 *
 * @typeParam Ch The channel.
 * @throws {TypeError} If the channel's address, or the stream's name, is not lawful, or an option unknown.
 */
export function ordered<Ch extends AnyChannel>(
  channel: Ch,
  options: OrderedOptions,
): Source<NatsConnection, Ch, OrderedSubscription> {
  const { stream, filters, from = "start" } = options;
  const address = parseAddress(channel.address);
  checkOptions(`read "${address.template}"`, options, known);
  const declared = typeof stream === "string" ? undefined : stream;
  const name = checkName("stream", declared?.name ?? stream);
  return Object.freeze({
    channel,
    guarantees: readingGuarantees,
    open: (
      connection: NatsConnection,
      asked: SubscribeOptions = {},
    ): Promise<OrderedSubscription> =>
      openReading(
        connection,
        asked,
        `stream "${name}"`,
        from,
        ({ api, session }) => ({
          stream: name,
          address,
          subjects: filters ?? [subjectOf(address)],
          guarantees: readingGuarantees,
          headersOnly: options.headersOnly ?? false,
          prefetch: options.prefetch,
          expiresMs: options.expiresMs ?? 30_000,
          restore: async (signal) =>
            declared &&
            await ensureStream(api, session.info.version, declared, signal),
          lookAtStream: () => api.lookAt(name),
          checks: declared?.ensure !== "never",
          deliver: (...message) => new ReadDelivery(...message),
        }),
      ),
  });
}
