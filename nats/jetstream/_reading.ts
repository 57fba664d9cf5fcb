import {
  type Guarantees,
  MessagingError,
  type SubscribeOptions,
} from "@ruststream/core/contract";
import type { NatsConnection } from "../nats_connection.ts";
import { sessionOf } from "../session_of.ts";
import { Hub } from "./_hub.ts";
import type { ReadDelivery } from "./_ordered_delivery.ts";
import { OrderedReader, type OrderedReaderOptions } from "./_ordered_reader.ts";
import type { ReadingStart } from "./_reading_start.ts";
import type { StreamStart } from "./subscription.ts";

/** What reading in order promises: order, and nothing of settling. */
export const readingGuarantees: Guarantees = Object.freeze({
  ordering: "address",
  redelivery: "none",
  delayedRetry: false,
  countsAttempts: false,
  releaseCounts: false,
  persistence: "while-open",
  groups: false,
  patterns: true,
  headers: true,
});

/** The user's side of a reading. */
export class StreamReading<D extends ReadDelivery> {
  readonly guarantees: Guarantees;
  readonly #reader: OrderedReader<D>;

  constructor(reader: OrderedReader<D>) {
    this.guarantees = reader.options.guarantees;
    this.#reader = reader;
  }

  get stream(): string {
    return this.#reader.options.stream;
  }

  get deliveries(): ReadableStream<D> {
    return this.#reader.buffer.deliveries;
  }

  batches(max: number): ReadableStream<readonly D[]> {
    return this.#reader.buffer.batches(max);
  }

  async seek(
    position: StreamStart,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    this.#checkOpen("seek in");
    await this.#reader.seek(position, options.signal);
  }

  async drain(): Promise<void> {
    this.#checkOpen("drain the reading of");
    await this.#reader.buffer.drain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.end();
  }

  #checkOpen(verb: string): void {
    this.#reader.options.hub.checkOpen(`${verb} stream "${this.stream}"`);
  }
}

/** Opens a subscription that reads in order. */
export async function openReading<D extends ReadDelivery>(
  connection: NatsConnection,
  { group, signal }: SubscribeOptions,
  /** What is read, in words: `stream "ORDERS"`. */
  what: string,
  from: ReadingStart,
  settings: (hub: Hub) => Omit<OrderedReaderOptions<D>, "hub" | "signal">,
): Promise<StreamReading<D>> {
  const hub = Hub.of(sessionOf(connection));
  hub.checkOpen(`read ${what}`);
  signal?.throwIfAborted();
  if (group !== undefined) {
    throw new MessagingError(
      "unsupported",
      `Cannot read ${what} in group "${group}": each who reads in order has its own place`,
    );
  }
  const reader = new OrderedReader<D>({ ...settings(hub), hub, signal });
  await reader.open(from);
  return new StreamReading(reader);
}
