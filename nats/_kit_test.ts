/**
 * What the tests of this module share.
 *
 * @module
 */
import {
  type BrokerEvent,
  type Delivery,
  type Message,
  parseAddress,
  type Subscription,
  systemClock,
} from "@ruststream/core/contract";
import {
  natsBroker,
  type NatsBrokerOptions,
  type NatsConnection,
} from "@ruststream/nats";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A connection, and what was told of it. */
export interface Told {
  readonly connection: NatsConnection;
  readonly events: BrokerEvent[];
}

/** Connects, and keeps what is told. It dials again at once. */
export async function connect(options: NatsBrokerOptions): Promise<Told> {
  const events: BrokerEvent[] = [];
  const connection = await natsBroker({
    backoff: { initialMs: 10, maxMs: 50 },
    ...options,
  }).connect({ report: (event) => events.push(event) });
  return { connection, events };
}

/** A message with a text. */
export function message(address: string, body = ""): Message {
  return { address, body: encoder.encode(body) };
}

/** The text of a message. */
export function textOf({ body }: Pick<Message, "body">): string {
  return decoder.decode(body);
}

/** Subscribes to a template. */
export function subscribe(
  { connection }: Told,
  template: string,
  options: { readonly group?: string } = {},
): Promise<Subscription> {
  return connection.subscribe(parseAddress(template), options);
}

/** Reads so many texts. */
export async function read(
  subscription: Pick<Subscription, "deliveries">,
  count: number,
): Promise<string[]> {
  const reader = subscription.deliveries.getReader();
  const texts: string[] = [];
  while (texts.length < count) {
    const { value } = await reader.read();
    texts.push(textOf((value as Delivery).message));
  }
  reader.releaseLock();
  return texts;
}

/** Waits for what comes about by itself, and fails where it does not in five seconds. */
export async function until(
  what: string,
  holds: () => boolean,
): Promise<void> {
  for (let left = 1_000; !holds(); left--) {
    if (left === 0) throw new TypeError(`Cannot wait any longer: ${what}`);
    await systemClock.sleep(5);
  }
}

/** What a promise rejects with. */
export async function reasonOf(promise: unknown): Promise<unknown> {
  try {
    await promise;
  } catch (reason) {
    return reason;
  }
  throw new TypeError("Cannot give a reason: nothing was rejected");
}

/** What lets a server listen for WebSockets, without TLS. */
export const webConfig =
  "websocket { host: 127.0.0.1, port: -1, no_tls: true }";

/** The port that a server listens at for WebSockets. */
export function webPort(server: { log(): string }): number {
  return Number(
    /websocket clients on wss?:\/\/[^:]+:(\d+)/.exec(server.log())?.[1],
  );
}
