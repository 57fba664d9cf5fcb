import {
  type Awaitable,
  type Connection,
  MessagingError,
  type Publisher,
  type SubscribeOptions,
  systemClock,
} from "../contract/mod.ts";
import type { Fault } from "./fault.ts";
import { never } from "./faulty_method.ts";

type Subscribe = Parameters<Connection["subscribe"]>;
type Publish = Parameters<Publisher["publish"]>;

/** Lets every group of a connection be another. */
function regrouped(
  connection: Connection,
  name: (group: string) => string,
): object {
  return {
    subscribe: (...[address, options = {}]: Subscribe) => {
      const { group } = options;
      const other: SubscribeOptions = group === undefined
        ? options
        : { ...options, group: name(group) };
      return connection.subscribe(address, other);
    },
  };
}

/** A fault of a publish while the connection is there. */
function whileOpen(
  breaks: string,
  publish: (
    send: () => Awaitable<unknown>,
    connection: Connection,
    given: Publish,
  ) => Awaitable<unknown>,
): () => Fault {
  return () => ({
    breaks,
    publisher: (publisher, connection) => ({
      publish: (...given: Publish) =>
        connection.state !== "connected" || given[1]?.signal?.aborted
          ? publisher.publish(...given)
          : publish(() => publisher.publish(...given), connection, given),
    }),
  });
}

/** Sends a turn of the event loop later, and says nothing of how that went. */
async function later(send: () => Awaitable<unknown>): Promise<void> {
  await systemClock.turn();
  await Promise.resolve(send()).catch(() => {});
}

/** A fault of publishes that a shutdown overtakes. */
function atShutdown(breaks: string, late: () => Promise<void>): () => Fault {
  return () => {
    const ended = new WeakSet<Connection>();
    return {
      ...whileOpen(breaks, async (send, connection) => {
        await systemClock.turn();
        await (ended.has(connection) ? late() : send());
      })(),
      connection: (connection) => ({
        shutdown: () => {
          ended.add(connection);
          return connection.shutdown();
        },
      }),
    };
  };
}

/** Faults of what is kept, and of when a publish is confirmed. */
export const faultyKeeping: Readonly<Record<string, () => Fault>> = {
  "forgets-at-restart": () => {
    let open = 0;
    let epoch = 0;
    return {
      breaks: "What groups keep is gone when the last connection is.",
      connection: (connection) => {
        open++;
        let counted = true;
        return {
          ...regrouped(connection, (group) => `${group}-${epoch}`),
          shutdown: async () => {
            if (counted && --open === 0) epoch++;
            counted = false;
            await connection.shutdown();
          },
        };
      },
    };
  },
  "keeps-for-itself": () => {
    const own = systemClock.random();
    return {
      breaks: "What groups keep is found by the very broker object only.",
      connection: (connection) =>
        regrouped(connection, (group) => `${group}-${own}`),
    };
  },
  "forgets-the-log": () => {
    let forgotten = false;
    return {
      breaks: "The log forgets what was there before a shutdown.",
      connection: (connection) => ({
        shutdown: async () => {
          await connection.shutdown();
          forgotten = true;
        },
      }),
      subscription: (subscription, { connection }) => ({
        seek: async (...given: unknown[]) => {
          if (forgotten && connection.state === "connected") {
            throw new MessagingError("refused", "Cannot seek: it is forgotten");
          }
          await Reflect.get(subscription, "seek", subscription)
            .apply(subscription, given);
        },
      }),
    };
  },
  "shutdown-drops-publishes": atShutdown(
    "What is still to be sent at shutdown is dropped.",
    async () => {},
  ),
  "publish-hangs-at-shutdown": atShutdown(
    "A publish that is open at shutdown waits for ever.",
    never,
  ),
  "confirms-what-is-buffered": () => {
    const sending = new Set<Promise<void>>();
    return {
      ...whileOpen(
        "A publish resolves once it is buffered; only a shutdown flushes.",
        (send) => {
          const sent = later(send).then(() => void sending.delete(sent));
          sending.add(sent);
        },
      )(),
      connection: (connection) => ({
        shutdown: async () => {
          await Promise.all(sending);
          await connection.shutdown();
        },
      }),
    };
  },
  "stores-too-late": () => {
    const server: Promise<Connection>[] = [];
    return {
      ...whileOpen(
        "A publish is safe from all but a restart when it resolves.",
        (_, __, given) =>
          void later(async () =>
            (await server[0])?.publisher.publish(...given)
          ),
      )(),
      broker: (broker) => {
        server.push(Promise.resolve().then(() => broker.connect()));
        return {};
      },
    };
  },
  "confirms-out-of-turn": () => {
    const publishers = new Map<Connection, number>();
    return whileOpen(
      "Each second publisher confirms what it sends later.",
      (send, connection) => {
        const index = publishers.get(connection) ?? publishers.size;
        publishers.set(connection, index);
        return index % 2 === 0 ? send() : void later(send);
      },
    )();
  },
  "published-in-seconds": () => ({
    breaks: "The time of a publish is in seconds.",
    delivery: ({ publishedAt }) => ({
      publishedAt: publishedAt && new Date(publishedAt.getTime() / 1_000),
    }),
  }),
  "published-when-delivered": () => {
    let now = systemClock.now;
    return {
      breaks: "The time of a publish is that of its delivery.",
      connection: (_, { clock = systemClock }) => {
        now = () => clock.now();
        return {};
      },
      delivery: () => ({ publishedAt: new Date(now()) }),
    };
  },
};
