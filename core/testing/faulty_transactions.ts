import {
  isMessagingError,
  type Message,
  MessagingError,
  systemClock,
} from "../contract/mod.ts";
import type { Fault } from "./fault.ts";
import { never, transaction } from "./faulty_method.ts";

/** Faults of how transactions end. */
export const faultyTransactions: Readonly<Record<string, () => Fault>> = {
  "commits-twice": transaction(
    "Two commits at once publish twice.",
    (open, { publisher }) => {
      const kept: Message[] = [];
      return {
        publish: async (message: Message) => {
          await open.publish(message);
          kept.push(message);
        },
        commit: async () => {
          const mine = [...kept];
          await Promise.resolve();
          for (const message of mine) await publisher.publish(message);
          await open[Symbol.asyncDispose]();
        },
      };
    },
  ),
  "second-discard-rejects": transaction(
    "Leaving a transaction that has ended rejects.",
    (open) => {
      let ended = false;
      return {
        commit: async () => {
          await open.commit();
          ended = true;
        },
        [Symbol.asyncDispose]: async () => {
          if (ended) {
            throw new MessagingError(
              "closed",
              "Cannot discard a transaction: it has ended",
            );
          }
          ended = true;
          await open[Symbol.asyncDispose]();
        },
      };
    },
  ),
  "transaction-takes-too-large": transaction(
    "What is too large of a body in a transaction is cut off.",
    (open) => ({
      publish: async (message: Message) => {
        try {
          await open.publish(message);
        } catch {
          const body = message.body.subarray(0, 16);
          await open.publish({ ...message, body });
        }
      },
    }),
  ),
  "transaction-drops-overfull": transaction(
    "What does not fit into a transaction is dropped in silence.",
    (open) => ({
      publish: async (message: Message) => {
        try {
          await open.publish(message);
        } catch {
          // Nobody is told.
        }
      },
    }),
  ),
  "lost-commit-retryable": transaction(
    "A commit whose answer was lost says that it may be tried again.",
    (open) => ({
      commit: async () => {
        try {
          await open.commit();
        } catch (cause) {
          if (!isMessagingError(cause, "timeout")) throw cause;
          throw new MessagingError("timeout", "Cannot commit: no answer came", {
            cause,
          });
        }
      },
    }),
  ),
  "commit-hangs-when-cut": transaction(
    "A commit hangs when its connection is lost.",
    (open, connection) => ({
      commit: () => connection.state === "connected" ? open.commit() : never(),
    }),
  ),
  "commit-hangs-at-shutdown": transaction(
    "A commit that is on its way at shutdown hangs.",
    (open, connection) => ({
      commit: async () => {
        const isClosed = (): boolean => connection.state === "closed";
        const before = isClosed();
        await systemClock.turn();
        await (!before && isClosed() ? never() : open.commit());
      },
    }),
  ),
  "commit-comes-later": transaction(
    "A commit that rejects for want of room publishes when there is some.",
    (open, { publisher }) => {
      const kept: Message[] = [];
      return {
        publish: async (message: Message) => {
          await open.publish(message);
          kept.push(message);
        },
        commit: async () => {
          try {
            await open.commit();
          } catch (error) {
            for (const message of kept) {
              Promise.resolve(publisher.publish(message)).catch(() => {});
            }
            throw error;
          }
        },
      };
    },
  ),
};
