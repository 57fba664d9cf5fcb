import {
  type BrokerEvent,
  type ConnectOptions,
  type Delivery,
  isMessagingError,
  type Message,
  systemClock,
} from "../contract/mod.ts";
import type { Fault } from "./fault.ts";
import { faultyConnection } from "./faulty_connection.ts";
import { never } from "./faulty_method.ts";

/** A fault of what is told. */
export function telling(
  breaks: string,
  change: (
    report: (event: BrokerEvent) => void,
  ) => (event: BrokerEvent) => void,
  rest: Partial<Fault> = {},
): () => Fault {
  return () => {
    const fault: Fault = {
      ...rest,
      breaks,
      broker: (broker) => ({
        connect: async (options: ConnectOptions = {}) => {
          const report = change(options.report ?? (() => {}));
          return faultyConnection(
            fault,
            await broker.connect({ ...options, report }),
            options,
          );
        },
      }),
    };
    return fault;
  };
}

const silent = (breaks: string, kind: BrokerEvent["kind"]): () => Fault =>
  telling(breaks, (report) => (event) => {
    if (event.kind !== kind) report(event);
  });

/** Faults of a broker that has no room, or gives up messages. */
export const faultyLimits: Readonly<Record<string, () => Fault>> = {
  "drops-when-full": () => ({
    breaks: "A publish that there is no room for resolves, and is dropped.",
    publisher: (publisher) => ({
      publish: async (message: Message, options: object) => {
        try {
          await publisher.publish(message, options);
        } catch (error) {
          if (!isMessagingError(error, "overloaded")) throw error;
        }
      },
    }),
  }),
  "half-when-full": () => {
    let stray: Message | undefined;
    return {
      breaks: "A publish that rejects for want of room goes to some.",
      publisher: (publisher) => ({
        publish: async (message: Message) => {
          try {
            await publisher.publish(message);
          } catch (error) {
            stray = message;
            throw error;
          }
        },
      }),
      reader: (reader) => ({
        read: async () => {
          const message = stray;
          stray = undefined;
          if (message === undefined) return await reader.read();
          const value: Delivery = { message, settle: () => {} };
          return { done: false, value };
        },
      }),
    };
  },
  "parked-for-ever": () => ({
    breaks: "A publish that waits for room waits for ever.",
    publisher: (publisher) => ({
      publish: async (message: Message) => {
        let done = false;
        const sent = Promise.resolve(publisher.publish(message));
        sent.then(() => done = true, () => done = true);
        await systemClock.turn();
        return await (done ? sent : never());
      },
    }),
  }),
  "loses-untold": silent("What is lost is not told.", "lost"),
  "drops-untold": silent("What is dropped is not told.", "dropped"),
  "slow-untold": silent("That a reader is slow is not told.", "slow"),
};
