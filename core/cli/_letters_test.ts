/**
 * What the tests of dead letters share: an application with some, and a broker that keeps them. It registers no tests.
 *
 * @module
 */
import { bytes, channel, type RustStream, subscriber } from "@ruststream/core";
import {
  type AddressPattern,
  type Channel,
  headers,
  type KeptMessage,
  type Message,
  parseAddress,
} from "@ruststream/core/contract";
import type { MemoryBroker, MemoryConnection } from "@ruststream/memory";
import { quietApp, SharedBroker } from "./_kit_test.ts";

interface Order {
  readonly id: number;
}

/** What is handled. */
export const orders: Channel<"", Order, Order, unknown> = channel<Order>(
  "orders",
);
/** Where dead letters go. */
export const dead: AddressPattern = parseAddress("dead");
/** Makes bytes of text. */
export const encoder: TextEncoder = new TextEncoder();
const decoder = new TextDecoder();

/** A broker that keeps what is published. */
export function keeping(): MemoryBroker {
  return new SharedBroker({ retain: { messages: 10_000 } });
}

/** An application that cannot handle an order, or has been repaired. */
export function shop(
  broker: MemoryBroker,
  handle: (order: { readonly id: number }) => void = () => {},
): RustStream {
  return quietApp().withBroker(
    broker,
    (b) =>
      b.include(subscriber(orders, {
        name: "place",
        group: "shop",
        retry: { maxAttempts: 1 },
        deadLetter: bytes("dead"),
      }, handle)),
  );
}

/** A dead letter, as the runtime makes it. */
export function letter(
  id: number,
  fields: Record<string, string> = {},
): Message {
  return {
    address: "dead",
    body: encoder.encode(`{"id":${id}}`),
    key: "k",
    headers: headers({
      "message-id": `order-${id}`,
      "ruststream-dead-letter-address": "orders",
      "ruststream-dead-letter-reason": "error",
      "ruststream-dead-letter-attempts": "3",
      "ruststream-dead-letter-error": "out of stock",
      "ruststream-dead-letter-subscriber": "place",
      "ruststream-dead-letter-at": "2020-01-01T00:00:00.000Z",
      ...fields,
    }),
  };
}

/** Publishes letters, in order. */
export async function put(
  { publisher }: MemoryConnection,
  ...letters: readonly Message[]
): Promise<void> {
  for (const one of letters) await publisher.publish(one);
}

/** What is kept at an address. */
export async function keptAt(
  connection: MemoryConnection,
  address: string,
): Promise<readonly KeptMessage[]> {
  const kept = await connection.kept(parseAddress(address));
  return await Array.fromAsync(kept.read());
}

/** The ids of the orders in their bodies. */
export function idsOf(all: readonly KeptMessage[]): readonly number[] {
  return all.map(({ message }) => JSON.parse(decoder.decode(message.body)).id);
}
