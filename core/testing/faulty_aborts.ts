import {
  type Connection,
  type ConnectOptions,
  type Delivery,
  type Message,
  onAbort,
  type Publisher,
  type Subscription,
  systemClock,
  type Transaction,
} from "../contract/mod.ts";
import type { Fault } from "./fault.ts";
import { faultyConnection } from "./faulty_connection.ts";
import {
  type Begin,
  never,
  ofMethod,
  type Request,
  type Schedule,
  transaction,
} from "./faulty_method.ts";
import { replaced } from "./faulty_replace.ts";

type Options = { readonly signal?: AbortSignal } | undefined;
type Publish = (message: Message, options?: Options) => unknown;
type Commit = (options?: Options) => Promise<void>;

/** A fault of publishing that knows the signal. */
function publishing(
  breaks: string,
  change: (publish: Publish) => Publish,
): () => Fault {
  return () => ({
    breaks,
    publisher: (publisher) => ({
      publish: change((message, options) =>
        publisher.publish(message, options)
      ),
    }),
  });
}

/** A fault of connecting. */
function connecting(
  breaks: string,
  change: (
    connect: () => Promise<Connection>,
    signal: AbortSignal | undefined,
  ) => Promise<Connection>,
): () => Fault {
  return () => {
    const fault: Fault = {
      breaks,
      broker: (broker) => ({
        connect: (options: ConnectOptions = {}) =>
          change(
            async () =>
              faultyConnection(fault, await broker.connect(options), options),
            options.signal,
          ),
      }),
    };
    return fault;
  };
}

/** Waits until an abort that is on its way has come. */
async function whenAborted(signal: AbortSignal | undefined): Promise<boolean> {
  for (let turn = 0; signal?.aborted === false && turn < 20; turn++) {
    await systemClock.turn();
  }
  return signal?.aborted ?? false;
}

const commitOf = (open: Transaction): Commit => (options) =>
  open.commit(options);

/** Faults of waits whose signal is aborted while they are under way, or after their end. */
export const faultyAborts: Readonly<Record<string, () => Fault>> = {
  "connect-abort-hangs": connecting(
    "Connecting hangs when it is aborted under way.",
    async (connect, signal) => {
      const aborted = signal?.aborted;
      const connection = await connect();
      if (!aborted && await whenAborted(signal)) return await never();
      return connection;
    },
  ),
  "connect-signal-closes": connecting(
    "The signal of connecting shuts a connection down.",
    async (connect, signal) => {
      const connection = await connect();
      onAbort(signal, () => void connection.shutdown());
      return connection;
    },
  ),
  "abort-leaves-member": () => ({
    breaks: "Subscribing that is aborted under way leaves a reader behind.",
    connection: (connection) => ({
      subscribe: async (
        ...[address, options = {}]: Parameters<Connection["subscribe"]>
      ) => {
        const { signal, ...rest } = options;
        const opened = await connection.subscribe(address, options);
        if (!await whenAborted(signal)) return opened;
        const left = await connection.subscribe(address, rest);
        left.deliveries.getReader().read().catch(() => {});
        throw signal?.reason;
      },
    }),
  }),
  "stream-errors-at-abort": () => ({
    breaks: "A read that waits rejects when its subscription is aborted.",
    reader: (reader, { options: { signal } }) => ({
      read: async () => {
        const read = await reader.read();
        if (read.done) signal?.throwIfAborted();
        return read;
      },
    }),
  }),
  "abort-keeps-unread": () => ({
    breaks: "An abort keeps what was read ahead.",
    reader: (reader) => {
      let ahead: ReturnType<typeof reader.read> | undefined;
      return {
        read: async () => {
          const read = await (ahead ?? reader.read());
          ahead = reader.read();
          ahead.catch(() => {});
          return read;
        },
        cancel: async () => {
          await reader.cancel();
          const { value } = await ahead ?? {};
          await (value as Delivery | undefined)?.settle({ kind: "release" });
        },
      };
    },
  }),
  "drain-forgets-signal": () => {
    const draining = new WeakSet<Subscription>();
    return {
      breaks: "A subscription that drains does not look at its signal.",
      connection: (connection) => ({
        subscribe: async (
          ...[address, options = {}]: Parameters<Connection["subscribe"]>
        ) => {
          const own = new AbortController();
          const { signal } = options;
          const opened = await connection.subscribe(address, {
            ...options,
            ...(signal && { signal: own.signal }),
          });
          onAbort(signal, (reason) => {
            if (!draining.has(opened)) own.abort(reason);
          });
          return opened;
        },
      }),
      subscription: (subscription) => ({
        drain: async () => {
          draining.add(subscription);
          await subscription.drain();
        },
      }),
    };
  },
  "publish-abort-drops": publishing(
    "A publish that is aborted under way resolves, and is not sent.",
    (publish) => async (message, options) => {
      if (options?.signal?.aborted || !await whenAborted(options?.signal)) {
        await publish(message, options);
      }
    },
  ),
  "leaves-listeners": publishing(
    "Each publish leaves a listener on its signal.",
    (publish) => async (message, options) => {
      await publish(message, options);
      onAbort(options?.signal, () => {});
    },
  ),
  "parked-forgets-signal": publishing(
    "A publish that waits for room does not look at its signal.",
    (publish) => async (message, options) => {
      options?.signal?.throwIfAborted();
      await publish(message);
    },
  ),
  "works-in-one-turn": () => {
    let over = false;
    return {
      breaks: "Nothing works after the call that made it has ended.",
      connection: () => {
        void systemClock.turn().then(() => over = true);
        return {};
      },
      publisher: (publisher: Publisher) => ({
        publish: (message: Message) =>
          over
            ? Promise.reject(new TypeError("Cannot publish: its maker is gone"))
            : publisher.publish(message),
      }),
    };
  },
  "aborted-request-lingers": () => {
    let late = false;
    let stray: Message | undefined;
    const fault = ofMethod<Request>(
      "request",
      "A reply to a request that was aborted answers the next one.",
      (request) => async (message, options) => {
        const { signal } = options;
        try {
          const reply = await request(message, options);
          return late ? stray ?? reply : reply;
        } finally {
          late ||= signal?.aborted === true;
        }
      },
    )();
    return {
      ...fault,
      publisher: (publisher, connection) => ({
        ...fault.publisher?.(publisher, connection),
        publish: (message: Message) => {
          if (late) stray ??= message;
          return publisher.publish(message);
        },
      }),
    };
  },
  "begin-abort-hangs": ofMethod<Begin>(
    "begin",
    "Beginning a transaction hangs when it is aborted under way.",
    (begin) => async (options) => {
      const open = await begin(options);
      return await whenAborted(options?.signal) ? await never() : open;
    },
  ),
  "transaction-publish-forgets-signal": transaction(
    "A publish in a transaction does not look at its signal.",
    (open) => ({ publish: (message: Message) => open.publish(message) }),
  ),
  "commit-forgets-signal": transaction(
    "A commit does not look at its signal.",
    (open) => ({ commit: () => open.commit() }),
  ),
  "commit-abort-halves": ofMethod<Begin>(
    "begin",
    "A commit that is aborted under way shows a half.",
    (begin) => async (options) => {
      const [open, half] = [await begin(options), await begin(options)];
      let count = 0;
      return replaced(open, {
        publish: async (message: Message, given: Options) => {
          if (++count % 2 === 1) await half.publish(message);
          await open.publish(message, given);
        },
        commit: async (given: Options) => {
          given?.signal?.throwIfAborted();
          if (!await whenAborted(given?.signal)) {
            return await commitOf(open)(given);
          }
          await half.commit();
          throw given?.signal?.reason;
        },
      });
    },
  ),
  "schedule-forgets-signal": ofMethod<Schedule>(
    "schedule",
    "Scheduling does not look at its signal.",
    (schedule) => (message, at) => schedule(message, at),
  ),
  "schedule-abort-takes-back": ofMethod<Schedule>(
    "schedule",
    "What was scheduled is taken back when its signal is aborted later.",
    (schedule) => async (message, at, options) => {
      if (options?.signal?.aborted !== false) {
        return await schedule(message, at, options);
      }
      void whenAborted(options.signal).then((aborted) =>
        aborted ? undefined : schedule(message, at)
      ).catch(() => {});
    },
  ),
};
