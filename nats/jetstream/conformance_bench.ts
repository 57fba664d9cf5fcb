/**
 * How the conformance suite tries JetStream: as a broker whose subscriptions are consumers of one stream, whose publisher is a sink, and whose log is read in order.
 *
 * @module
 */
import type { ConformanceRunOptions } from "@ruststream/conformance";
import type {
  AddressPattern,
  AnyChannel,
  Awaitable,
  Broker,
  Connection,
  SubscribeOptions,
  Subscription,
} from "@ruststream/core/contract";
import {
  NatsServer,
  type NatsServerOptions,
} from "../../_tools/nats_server.ts";
import { cutCable } from "../cable_bench.ts";
import { natsBroker } from "../nats_broker.ts";
import type { NatsBroker } from "../nats_broker_types.ts";
import type { NatsConnection } from "../nats_connection.ts";
import type { NatsBrokerOptions } from "../options.ts";
import type { OrderedDelivery } from "./delivery.ts";
import { jetStream } from "./jet_stream.ts";
import { ordered } from "./ordered.ts";
import { jetStreamSink } from "./sink.ts";
import type { StreamOptions } from "./stream_options.ts";

const secret = "s3cret-of-the-bench";
// A message that must go to a stream has this many bytes less.
const expectBytes =
  "NATS/1.0\r\nNats-Expected-Stream: CONFORMANCE\r\n\r\n".length;

function channelOf({ template }: AddressPattern): AnyChannel {
  return { address: template };
}

/** A connection as its own members are, but those that are given. */
function withMembers(
  connection: NatsConnection,
  members: Partial<Connection>,
): Connection {
  return new Proxy(connection, {
    get(target, name): unknown {
      if (Object.hasOwn(members, name)) {
        return members[name as keyof Connection];
      }
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** A server that is tried, live or not. */
export interface TriedServer {
  readonly version: string;
  /** Makes a broker of it. */
  broker(options: NatsBrokerOptions): NatsBroker;
  /** Cuts the network of one connection. */
  cut(connection: NatsConnection): Awaitable<void>;
  /** Joins what was cut. */
  mend(connection: NatsConnection): void;
  restart(): Promise<void>;
}

/** A broker of core NATS whose connections are made into others. */
function brokerOf(
  server: TriedServer,
  made: (connection: NatsConnection) => Promise<Connection>,
): Broker {
  const broker = server.broker({
    auth: { user: "bench", password: secret },
    // Long enough to be looked at while it is away.
    backoff: { initialMs: 300, maxMs: 300 },
  });
  return {
    name: broker.name,
    guarantees: broker.guarantees,
    describe: () => broker.describe(),
    connect: async (options) => await made(await broker.connect(options)),
  };
}

/** Makes the bench of one run on a server. */
export function benchOn(server: TriedServer): ConformanceRunOptions {
  const [major = 0, minor = 0] = server.version.split(".").map(Number);
  const newest = major > 2 || minor >= 12;
  const stream: StreamOptions = {
    name: "CONFORMANCE",
    subjects: ["conformance.>", "later.>"],
    ...(newest && { allowAtomic: true, allowSchedules: true }),
  };
  const sink = newest
    ? jetStreamSink({ stream, atomic: true, schedules: "later" })
    : jetStreamSink({ stream });
  const natives = new WeakMap<Connection, NatsConnection>();
  const native = (connection: Connection): NatsConnection =>
    natives.get(connection) ?? connection as NatsConnection;
  const subscribe = (
    connection: NatsConnection,
    address: AddressPattern,
    options: SubscribeOptions = {},
  ): Promise<Subscription> =>
    jetStream(channelOf(address), {
      stream,
      // A group is told of what comes after it, as the suite has it of all groups.
      deliver: "new",
      // Short, for checks that wait for it; the other longer than a check keeps a delivery in hand.
      ackWaitMs: options.group === undefined ? 3_000 : 2_000,
    }).open(connection, options);
  return {
    name: `JetStream ${server.version}`,
    broker: () =>
      brokerOf(server, async (connection) => {
        const opened = withMembers(connection, {
          publisher: await sink.open(connection),
          subscribe: (...asked) => subscribe(connection, ...asked),
        });
        natives.set(opened, connection);
        return opened;
      }),
    kept: native,
    log: {
      open: (connection, address) =>
        ordered(channelOf(address), { stream, from: "end" })
          .open(native(connection)),
      position: (delivery) => (delivery as OrderedDelivery).position,
    },
    cut: (connection) => server.cut(native(connection)),
    mend: (connection) => server.mend(native(connection)),
    restart: () => server.restart(),
    maxBodyBytes: 1_048_576 - expectBytes,
    ...(newest && { maxTransaction: 1_000 }),
    secret,
    // A commit that is aborted under way shows a little later on a machine that is busy.
    quietMs: 150,
    scale: 0.1,
  };
}

/** Starts a server, and makes the bench of one run on it. The server ends with the process. */
export async function bench(
  options: NatsServerOptions = {},
): Promise<ConformanceRunOptions> {
  const server = await NatsServer.start({
    ...options,
    config: `authorization { user: bench, password: "${secret}" }`,
  });
  const proxy = await server.proxy();
  return benchOn({
    version: server.version,
    broker: (options) => natsBroker({ servers: proxy.url, ...options }),
    cut: (connection) => cutCable(proxy, connection),
    // The proxy lets it in again at once.
    mend: () => {},
    restart: () => server.restart(),
  });
}
