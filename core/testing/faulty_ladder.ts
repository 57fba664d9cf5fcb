import {
  type Connection,
  type ConnectOptions,
  type Delivery,
  type Guarantees,
  type Message,
  systemClock,
} from "../contract/mod.ts";
import type { Fault } from "./fault.ts";
import { faultyConnection } from "./faulty_connection.ts";
import { never } from "./faulty_method.ts";
import { replaced } from "./faulty_replace.ts";

/** A fault of connections alone. */
function ofConnection(
  breaks: string,
  change: (connection: Connection, made: ConnectOptions) => object,
): () => Fault {
  return () => ({ breaks, connection: change });
}

/** A fault of what an open subscription declares. */
function declares(
  breaks: string,
  change: (guarantees: Guarantees) => object,
): () => Fault {
  return () => ({
    breaks,
    subscription: ({ guarantees }) => ({
      guarantees: { ...guarantees, ...change(guarantees) },
    }),
  });
}

/** A fault of one method, which resolves quietly after shutdown. */
function outlives(
  what: string,
  method: string,
  answer: () => unknown,
): () => Fault {
  return () => {
    const breaks = `${what} after shutdown does not reject.`;
    const change = (owner: object, connection: Connection): object => ({
      [method]: (...given: unknown[]) =>
        connection.state === "closed"
          ? answer()
          : Reflect.get(owner, method, owner).apply(owner, given),
    });
    return {
      breaks,
      publisher: change,
      connection: (connection) =>
        method in connection ? change(connection, connection) : {},
    };
  };
}

/** Faults of connecting, of shutting down, and of what is declared. */
export const faultyLadder: Readonly<Record<string, () => Fault>> = {
  "timer-at-making": () => {
    systemClock.after(0, () => {})();
    return { breaks: "Making a broker starts a timer." };
  },
  "connect-forgets-signal": () => {
    const fault: Fault = {
      breaks: "Connecting does not look at its signal.",
      broker: (broker) => ({
        connect: async ({ signal: _, ...options }: ConnectOptions = {}) =>
          faultyConnection(fault, await broker.connect(options), options),
      }),
    };
    return fault;
  },
  "one-connection-for-all": () => {
    let only: Promise<Connection> | undefined;
    return {
      breaks: "All connections are one.",
      broker: (broker) => ({
        connect: (options?: ConnectOptions) => only ??= broker.connect(options),
      }),
    };
  },
  "state-never-closed": ofConnection(
    "A connection says connected for ever.",
    () => ({ state: "connected" }),
  ),
  "second-shutdown-rejects": ofConnection(
    "A second shutdown rejects while the first is under way.",
    (connection) => {
      let busy = false;
      return {
        shutdown: async () => {
          if (busy) throw new TypeError("Cannot shut down: it is under way");
          busy = true;
          try {
            await connection.shutdown();
          } finally {
            busy = false;
          }
        },
      };
    },
  ),
  "dispose-does-nothing": ofConnection(
    "Disposing a connection leaves it open.",
    () => ({ [Symbol.asyncDispose]: async () => {} }),
  ),
  "publishes-after-shutdown": outlives("A publish", "publish", () => undefined),
  "subscribes-after-shutdown": outlives("Subscribing", "subscribe", never),
  "request-hangs-after-shutdown": outlives("A request", "request", never),
  "begins-after-shutdown": outlives(
    "Beginning a transaction",
    "begin",
    () => Promise.resolve({}),
  ),
  "schedules-after-shutdown": outlives(
    "Scheduling",
    "schedule",
    async () => {},
  ),
  "streams-hang-at-shutdown": () => ({
    breaks: "A read that waits at shutdown waits for ever.",
    reader: (reader, { connection }) => ({
      read: async () => {
        const read = await reader.read();
        return read.done && connection.state === "closed"
          ? await never()
          : read;
      },
    }),
  }),
  "publisher-outlives": () => {
    const spare: Promise<Connection>[] = [];
    return {
      breaks: "A publisher goes on after the shutdown of its connection.",
      broker: (broker) => {
        spare.push(Promise.resolve().then(() => broker.connect()));
        return {};
      },
      publisher: (publisher, connection) => ({
        publish: async (message: Message): Promise<void> => {
          const other = connection.state === "closed"
            ? (await spare[0])?.publisher
            : publisher;
          await other?.publish(message);
        },
      }),
    };
  },
  "shutdown-drops-acks": () => ({
    breaks: "What is still to be acked at shutdown is dropped.",
    delivery: (delivery, { connection }) => ({
      settle: async (...given: Parameters<Delivery["settle"]>) => {
        const isClosed = (): boolean => connection.state === "closed";
        const late = isClosed();
        await systemClock.turn();
        if (late || !isClosed()) await delivery.settle(...given);
      },
    }),
  }),
  "silent-guarantees": declares(
    "A subscription does not say what it promises of groups.",
    () => ({ groups: undefined }),
  ),
  "promises-less": declares(
    "An open subscription promises less than its broker.",
    () => ({ ordering: "none", patterns: false }),
  ),
  "alone-until-settled": declares(
    "A subscription that nobody could give back to promises redelivery until settled.",
    ({ persistence }) =>
      persistence === "durable" ? {} : { redelivery: "until-settled" },
  ),
  "own-clock": () => {
    const fault: Fault = {
      breaks: "A connection does not use the clock that it is given.",
      broker: (broker) => ({
        connect: async ({ clock: _, ...options }: ConnectOptions = {}) =>
          faultyConnection(fault, await broker.connect(options), options),
      }),
    };
    return fault;
  },
  "tells-nothing": () => {
    const fault: Fault = {
      breaks: "Nothing that happens is told.",
      broker: (broker) => ({
        connect: async ({ report: _, ...options }: ConnectOptions = {}) =>
          faultyConnection(fault, await broker.connect(options), options),
      }),
    };
    return fault;
  },
  "closed-never-resolves": ofConnection(
    "The promise closed waits for ever.",
    () => ({ closed: never() }),
  ),
  "leaks-subscriptions": () => {
    const kept: unknown[] = [];
    return {
      breaks: "Something is kept of every subscription.",
      subscription: () => {
        kept.push(new Array<number>(2_000).fill(0.5));
        return {};
      },
    };
  },
  "shows-secrets": () => ({
    breaks: "The password of a broker is in its description.",
    broker: ({ name }) => ({
      describe: () => [{ host: `user:${name}@localhost`, protocol: "test" }],
    }),
  }),
  "forgets-backlog": () => {
    let joined = 0;
    return {
      breaks: "A group without members forgets its messages.",
      connection: (connection) => ({
        subscribe: async (
          ...[address, options = {}]: Parameters<Connection["subscribe"]>
        ) => {
          if (options.group === undefined) {
            return await connection.subscribe(address, options);
          }
          const group = `${options.group}-${joined}`;
          const opened = await connection.subscribe(address, {
            ...options,
            group,
          });
          return replaced(opened, {
            [Symbol.asyncDispose]: async () => {
              joined++;
              await opened[Symbol.asyncDispose]();
            },
          });
        },
      }),
    };
  },
};
