import {
  type Connection,
  type Delivery,
  type Message,
  type Settlement,
  systemClock,
} from "../contract/mod.ts";
import type { Fault } from "./fault.ts";
import { telling } from "./faulty_limits.ts";
import { never, ofMethod, type Request } from "./faulty_method.ts";

/** A fault that begins when a connection is told to be lost. */
function afterLoss(
  breaks: string,
  make: (loss: { told: boolean }) => Partial<Fault>,
): () => Fault {
  return () => {
    const loss = { told: false };
    return telling(breaks, (report) => (event) => {
      loss.told ||= event.kind === "disconnected";
      report(event);
    }, make(loss))();
  };
}

const isCut = ({ state }: Connection): boolean => state !== "connected";

/** Faults of a connection that is lost, and of one that comes back. */
export const faultyCuts: Readonly<Record<string, () => Fault>> = {
  "settle-hangs-when-cut": () => ({
    breaks: "A settle that is pending when its connection is lost hangs.",
    delivery: (delivery, { connection }) => ({
      settle: async (settlement: Settlement) => {
        await systemClock.turn();
        await (isCut(connection) ? never() : delivery.settle(settlement));
      },
    }),
  }),
  "settles-when-cut": () => ({
    breaks: "A settle after its connection was lost resolves.",
    delivery: (delivery, { connection }) => ({
      settle: (settlement: Settlement) =>
        isCut(connection) ? undefined : delivery.settle(settlement),
    }),
  }),
  "loses-settles-while-away": () => ({
    breaks: "A settle while a connection is away resolves, and is lost.",
    delivery: (delivery, { connection }) => ({
      settle: (settlement: Settlement) =>
        connection.state === "reconnecting"
          ? undefined
          : delivery.settle(settlement),
    }),
  }),
  "publish-hangs-when-cut": () => ({
    breaks: "A publish that is pending when its connection is lost hangs.",
    publisher: (publisher, connection) => ({
      publish: async (message: Message) => {
        if (isCut(connection)) return void await publisher.publish(message);
        await systemClock.turn();
        await (isCut(connection) ? never() : publisher.publish(message));
      },
    }),
  }),
  "request-hangs-when-cut": ofMethod<Request>(
    "request",
    "A request that is open when its connection is lost hangs.",
    (request, connection) => async (...given) => {
      try {
        return await request(...given);
      } catch (error) {
        if (isCut(connection)) return await never();
        throw error;
      }
    },
  ),
  "extends-when-cut": () => ({
    breaks: "Extending says yes when the connection is gone.",
    delivery: (delivery, { connection }) => ({
      extend: () => isCut(connection) || delivery.extend?.(),
    }),
  }),
  "shutdown-hangs-when-cut": () => ({
    breaks: "Shutting a connection down that was lost hangs.",
    connection: (connection) => ({
      shutdown: () => isCut(connection) ? never() : connection.shutdown(),
    }),
  }),
  "waits-away-without-end": () => ({
    breaks: "Subscribing while there is no connection looks at no signal.",
    connection: (connection) => ({
      subscribe: (...given: Parameters<Connection["subscribe"]>) =>
        isCut(connection) ? never() : connection.subscribe(...given),
    }),
  }),
  "closed-without-cause": () => ({
    breaks: "The promise closed does not say why a connection was lost.",
    connection: ({ closed }) => ({ closed: closed.then(() => undefined) }),
  }),
  "cut-consumes": () => {
    const handedOut: Delivery[] = [];
    return telling(
      "What is in hand when a connection is lost is consumed.",
      (report) => (event) => {
        if (event.kind === "disconnected") {
          for (const delivery of handedOut) {
            Promise.resolve(delivery.settle({ kind: "ack" })).catch(() => {});
          }
        }
        report(event);
      },
      { delivery: (delivery) => (handedOut.push(delivery), {}) },
    )();
  },
  "comes-back-untold": telling(
    "That a connection is there again is not told.",
    (report) => {
      let lost = false;
      return (event) => {
        lost ||= event.kind === "disconnected";
        if (!lost || event.kind === "disconnected") report(event);
      };
    },
  ),
  "deaf-after-reconnect": afterLoss(
    "A subscription brings nothing once its connection was lost.",
    (loss) => ({
      reader: (reader) => ({
        read: async () => {
          const read = await reader.read();
          return loss.told ? await never() : read;
        },
      }),
    }),
  ),
  "mute-after-reconnect": afterLoss(
    "A publish does nothing once its connection was lost.",
    (loss) => ({
      publisher: (publisher) => ({
        publish: (message: Message) =>
          loss.told ? undefined : publisher.publish(message),
      }),
    }),
  ),
};
