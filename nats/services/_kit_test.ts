/**
 * What the tests of services share: a server in this process, and who looks at it.
 *
 * @module
 */
import type { RustStream } from "@ruststream/core";
import type {
  BrokerEvent,
  Message,
  MessageHeaders,
} from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { natsBroker } from "../nats_broker.ts";
import type { NatsBroker } from "../nats_broker_types.ts";
import type { NatsConnection } from "../nats_connection.ts";
import { services } from "./discovery.ts";
import type {
  EndpointStats,
  ServiceInfo,
  ServiceStats,
} from "./service_types.ts";

const encoder = new TextEncoder();

/** What every request waits, at most. */
export const soon = { timeoutMs: 1_000 } as const;

/** A message with a text. */
export function message(address: string, body = ""): Message {
  return { address, body: encoder.encode(body) };
}

/** The fields of headers, as pairs. */
export function fieldsOf(headers: MessageHeaders | undefined): object {
  return Object.fromEntries(headers ?? []);
}

/** A server in this process, a clock, and a connection beside the service. */
export class Inside implements AsyncDisposable {
  readonly clock: VirtualClock;
  readonly broker: NatsBroker;
  /** Whoever asks. */
  readonly asker: NatsConnection;
  /** What whoever asks was told. */
  readonly events: readonly BrokerEvent[];
  readonly #ends: (() => Promise<unknown>)[] = [];

  private constructor(
    clock: VirtualClock,
    broker: NatsBroker,
    asker: NatsConnection,
    events: readonly BrokerEvent[],
  ) {
    this.clock = clock;
    this.broker = broker;
    this.asker = asker;
    this.events = events;
  }

  static async start(): Promise<Inside> {
    const clock = new VirtualClock();
    const events: BrokerEvent[] = [];
    const broker = await natsBroker().inProcess();
    const report = (event: BrokerEvent): void => void events.push(event);
    const asker = await broker.connect({ clock, report });
    return new Inside(clock, broker, asker, events);
  }

  /** One more connection. */
  async connect(
    report?: (event: BrokerEvent) => void,
  ): Promise<NatsConnection> {
    const { clock } = this;
    const connection = await this.broker.connect({
      clock,
      ...(report && { report }),
    });
    this.#ends.push(() => connection.shutdown());
    return connection;
  }

  /** Starts an application, and gives what stops it. */
  async run(
    app: Pick<RustStream, "start">,
  ): Promise<{ stop(): Promise<void> }> {
    const running = await app.start({ clock: this.clock });
    const stop = async (): Promise<void> => void await running.stop();
    this.#ends.push(stop);
    return { stop };
  }

  /** All that a stream gives while time goes on. */
  async all<T>(stream: ReadableStream<T>): Promise<readonly T[]> {
    const given = Array.fromAsync(stream);
    await this.clock.advance(3_000);
    return await given;
  }

  info(): Promise<readonly ServiceInfo[]> {
    return this.all(services(this.asker).info());
  }

  stats(): Promise<readonly ServiceStats[]> {
    return this.all(services(this.asker).stats());
  }

  /** What the one endpoint of the one instance has done. */
  async counted(): Promise<EndpointStats> {
    const [instance] = await this.stats();
    const [endpoint] = instance?.endpoints ?? [];
    if (endpoint !== undefined) return endpoint;
    throw new TypeError("Cannot look at an endpoint: there is none");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.toReversed()) await end();
    await this.asker.shutdown();
  }
}
