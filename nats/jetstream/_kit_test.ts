/**
 * What the tests of JetStream share: a server, a way to it that can be cut, and connections.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type AnyChannel,
  type Awaitable,
  type BrokerEvent,
  type Clock,
  type Delivery,
  type Message,
  type Subscription,
  systemClock,
} from "@ruststream/core/contract";
import {
  type NatsProxy,
  NatsServer,
  type NatsServerOptions,
} from "../../_tools/nats_server.ts";
import { natsBroker } from "../nats_broker.ts";
import type { NatsConnection } from "../nats_connection.ts";
import type { NatsBrokerOptions } from "../options.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The channel of all tests. */
export const orders: AnyChannel = Object.freeze({ address: "orders.{id}" });

/** A server, and what was made of it. Disposing ends all of it. */
export class Live implements AsyncDisposable {
  readonly server: NatsServer;
  readonly proxy: NatsProxy;
  readonly events: BrokerEvent[] = [];
  readonly #connections: NatsConnection[] = [];
  #direct: NatsConnection | undefined;

  private constructor(server: NatsServer, proxy: NatsProxy) {
    this.server = server;
    this.proxy = proxy;
  }

  static async start(options?: NatsServerOptions): Promise<Live> {
    const server = await NatsServer.start(options);
    return new Live(server, await server.proxy());
  }

  /** Connects through the proxy. */
  async connect(
    options: NatsBrokerOptions = {},
    clock: Clock = systemClock,
  ): Promise<NatsConnection> {
    const broker = natsBroker({ servers: this.proxy.url, ...options });
    const connection = await broker.connect({
      report: (event) => void this.events.push(event),
      clock,
    });
    this.#connections.push(connection);
    return connection;
  }

  /** A connection past the proxy, one for all that ask. */
  async direct(): Promise<NatsConnection> {
    this.#direct ??= await natsBroker({ servers: this.server.url }).connect();
    return this.#direct;
  }

  /** Asks JetStream's API, past the proxy. */
  async api(
    verb: string,
    body: unknown = {},
  ): Promise<Record<string, unknown>> {
    const { nats } = await this.direct();
    const answer = await nats.request(
      `$JS.API.${verb}`,
      JSON.stringify(body),
    );
    return answer.json();
  }

  /** Lets what was sent arrive, there and back. */
  async settle(): Promise<void> {
    for (const { nats } of this.#connections) {
      await systemClock.turn();
      await systemClock.turn();
      await nats.flush();
    }
  }

  /** Waits until something is so, for 5 s. */
  async until(holds: () => Awaitable<boolean>): Promise<void> {
    const end = systemClock.mono() + 5_000;
    while (!await holds()) {
      assert.ok(systemClock.mono() < end, "it does not come about");
      await systemClock.turn();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) await connection.shutdown();
    await this.#direct?.shutdown();
    await this.server.stop();
  }
}

/** A message for the channel of all tests. */
export function order(id: string | number, body: string = String(id)): Message {
  return { address: `orders.${id}`, body: encoder.encode(body) };
}

/** The text of a delivery's body. */
export function textOf({ message }: Delivery): string {
  return decoder.decode(message.body);
}

/** Reads so many deliveries, and lets go of the stream. */
export async function take<D extends Delivery>(
  subscription: Subscription<D>,
  count: number,
): Promise<readonly D[]> {
  const reader = subscription.deliveries.getReader();
  const taken: D[] = [];
  while (taken.length < count) {
    const { done, value } = await reader.read();
    if (done) break;
    taken.push(value);
  }
  reader.releaseLock();
  return taken;
}
