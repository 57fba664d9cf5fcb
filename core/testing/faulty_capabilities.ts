import {
  type Connection,
  type Message,
  MessagingError,
  type Pausable,
  type Transaction,
} from "../contract/mod.ts";
import type { Fault } from "./fault.ts";
import {
  type Begin,
  never,
  ofMethod,
  ofSubscription,
  type Request,
  type Schedule,
  transaction,
} from "./faulty_method.ts";
import { replaced } from "./faulty_replace.ts";

const request = (
  breaks: string,
  change: (call: Request, connection: Connection) => Request,
): () => Fault => ofMethod("request", breaks, change);

/** Faults of requests, transactions, schedules, pauses and seeking. */
export const faultyCapabilities: Readonly<Record<string, () => Fault>> = {
  "drops-replies": request(
    "A reply never comes.",
    (call) => async (...given) => {
      await call(...given);
      return await never();
    },
  ),
  "crosses-replies": () => {
    let before: Promise<Message> | undefined;
    return request(
      "Each request gets the reply of the one before.",
      (call) => async (...given) => {
        const [own, other] = [call(...given), before];
        before = own;
        await own;
        return await (other ?? own);
      },
    )();
  },
  "answers-by-itself": request(
    "A request that nobody answers resolves.",
    (call) => (message, options) => call(message, options).catch(() => message),
  ),
  "late-replies-answer": () => {
    let late = false;
    let stray: Message | undefined;
    return {
      ...request(
        "A late reply answers the next request.",
        (call) => async (...given) => {
          try {
            const reply = await call(...given);
            return late ? stray ?? reply : reply;
          } catch (error) {
            late = true;
            throw error;
          }
        },
      )(),
      connection: (connection) => {
        const own = connection.publisher as unknown as { request?: Request };
        return own.request === undefined ? {} : {
          publisher: replaced(connection.publisher, {
            request: async (...given: Parameters<Request>) => {
              try {
                const reply = await own.request?.(...given);
                return late ? stray : reply;
              } catch (error) {
                late = true;
                throw error;
              }
            },
            publish: (message: Message) => {
              if (late) stray ??= message;
              return connection.publisher.publish(message);
            },
          }),
        };
      },
    };
  },
  "request-forgets-signal": request(
    "A request does not look at its signal.",
    (call) => (message, { timeoutMs }) => call(message, { timeoutMs }),
  ),
  "requests-outlive": request(
    "A request that is open at shutdown waits for ever.",
    (call, connection) => async (...given) => {
      try {
        return await call(...given);
      } catch (error) {
        if (connection.state === "closed") return await never();
        throw error;
      }
    },
  ),
  "errors-show-secrets": () => ({
    breaks: "The password of a broker is in its errors.",
    broker: () => ({}),
    connection: (connection) => ({
      subscribe: async (...given: Parameters<Connection["subscribe"]>) => {
        try {
          return await connection.subscribe(...given);
        } catch (cause) {
          throw new MessagingError(
            "closed",
            "Cannot subscribe as user:s3cret",
            { cause },
          );
        }
      },
    }),
  }),
  "hangs-when-cut": () => ({
    breaks: "A publish hangs while there is no connection.",
    publisher: (publisher, connection) => ({
      publish: (message: Message) =>
        connection.state === "connected" ? publisher.publish(message) : never(),
    }),
  }),
  "publishes-before-commit": transaction(
    "What is published in a transaction is visible at once.",
    (open, { publisher }) => ({
      publish: (message: Message) => publisher.publish(message),
      commit: () => open.commit(),
    }),
  ),
  "commits-out-of-order": transaction(
    "A commit shows the newest first.",
    (open) => {
      const kept: Message[] = [];
      return {
        publish: (message: Message) => void kept.unshift(message),
        commit: async () => {
          for (const message of kept) await open.publish(message);
          await open.commit();
        },
      };
    },
  ),
  "leaving-commits": transaction(
    "Leaving a transaction commits it.",
    (open) => ({ [Symbol.asyncDispose]: () => open.commit().catch(() => {}) }),
  ),
  "transaction-goes-on": transaction(
    "A transaction resolves after its end.",
    (open) => ({ commit: () => open.commit().catch(() => {}) }),
  ),
  "one-transaction-for-all": () => {
    let only: Promise<Transaction> | undefined;
    return ofMethod<Begin>(
      "begin",
      "All transactions are one.",
      (begin) => (options) => only ??= begin(options),
    )();
  },
  "transaction-outlives": transaction(
    "A commit after shutdown resolves.",
    (open, connection) => ({
      commit: async () => {
        if (connection.state !== "closed") await open.commit();
      },
    }),
  ),
  "begin-forgets-signal": ofMethod<Begin>(
    "begin",
    "Beginning a transaction does not look at its signal.",
    (begin) => () => begin(),
  ),
  "schedules-at-once": ofMethod<Schedule>(
    "schedule",
    "A scheduled message is published at once.",
    (schedule) => (message) => schedule(message, new Date(0)),
  ),
  "loses-past-schedules": ofMethod<Schedule>(
    "schedule",
    "What is scheduled for the past is lost.",
    (schedule) => async (message, at) => {
      if (at.getTime() >= 0) await schedule(message, at);
    },
  ),
  "pause-does-nothing": ofSubscription(
    "pause",
    "A pause does nothing.",
    () => () => {},
  ),
  "hangs-when-paused": () => {
    let paused = false;
    return {
      breaks: "A cancel hangs while the subscription is paused.",
      subscription: (subscription) => ({
        pause: () => {
          paused = true;
          (subscription as unknown as Partial<Pausable>).pause?.();
        },
        resume: () => {
          paused = false;
          (subscription as unknown as Partial<Pausable>).resume?.();
        },
      }),
      reader: (reader) => ({
        cancel: () => paused ? never() : reader.cancel(),
      }),
    };
  },
  "seek-does-nothing": ofSubscription(
    "seek",
    "A seek resolves, and moves nothing.",
    () => async () => {},
  ),
  "seeks-past": () => {
    const late = new WeakSet<object>();
    return {
      breaks: "A seek goes on after the position.",
      subscription: (subscription) => ({
        seek: async (...given: unknown[]) => {
          late.add(subscription);
          await Reflect.get(subscription, "seek", subscription)
            .apply(subscription, given);
        },
      }),
      reader: (reader, { subscription }) => ({
        read: async () => {
          if (late.delete(subscription)) await reader.read();
          return await reader.read();
        },
      }),
    };
  },
  "seeks-anywhere": ofSubscription(
    "seek",
    "A seek to a position that is none resolves.",
    (seek) => async (...given: unknown[]) => {
      await Promise.resolve(seek(...given)).catch(() => {});
    },
  ),
  "seek-forgets-signal": ofSubscription(
    "seek",
    "A seek does not look at its signal.",
    (seek) => (position: unknown) => seek(position),
  ),
  "seek-outlives": ofSubscription(
    "seek",
    "A seek after shutdown resolves.",
    (seek, connection) => async (...given: unknown[]) => {
      if (connection.state !== "closed") await seek(...given);
    },
  ),
};
