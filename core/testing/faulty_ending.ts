import {
  type Clock,
  type Delivery,
  type Settlement,
  systemClock,
} from "../contract/mod.ts";
import type { Fault, FaultySubscription } from "./fault.ts";
import { never } from "./faulty_method.ts";
import { ofBatches } from "./faulty_reading.ts";

type Settle = Delivery["settle"];

/** A fault of settling once its subscription has come to an end: what stands in for `settle` from then on. */
function after(
  end: "cancel" | "drain" | "dispose",
  breaks: string,
  change: (settle: Settle, of: FaultySubscription) => Settle,
): () => Fault {
  return () => {
    const ended = new WeakSet<FaultySubscription>();
    const marked = (of: FaultySubscription, run: () => unknown) => () => {
      ended.add(of);
      return run();
    };
    return {
      breaks,
      reader: (reader, of) =>
        end === "cancel" ? { cancel: marked(of, () => reader.cancel()) } : {},
      subscription: (subscription, of) => {
        const key = end === "drain" ? "drain" : Symbol.asyncDispose;
        return end === "cancel"
          ? {}
          : { [key]: marked(of, () => subscription[key]()) };
      },
      delivery: (delivery, of) => {
        const settle: Settle = (settlement) => delivery.settle(settlement);
        const broken = change(settle, of);
        return {
          settle: (settlement: Settlement) =>
            (ended.has(of) ? broken : settle)(settlement),
        };
      },
    };
  };
}

const ackedForRetry = (settle: Settle): Settle => (settlement) =>
  settle(settlement.kind === "retry" ? { kind: "ack" } : settlement);

/** A fault of a delayed retry: its timer goes on, until one thing happens to its connection or not even then. */
function timing(breaks: string, endsAt: "cancel" | "shutdown"): () => Fault {
  return () => {
    let clock: Clock = systemClock;
    const timers = new Set<() => void>();
    const clear = (run: () => unknown) => () => {
      for (const cancel of timers) cancel();
      return run();
    };
    return {
      breaks,
      connection: (connection, made) => {
        clock = made.clock ?? systemClock;
        return endsAt === "shutdown"
          ? { shutdown: clear(() => connection.shutdown()) }
          : {};
      },
      reader: (reader) =>
        endsAt === "cancel" ? { cancel: clear(() => reader.cancel()) } : {},
      delivery: (delivery) => ({
        settle: (settlement: Settlement) => {
          const { afterMs = 0 } = settlement.kind === "retry" ? settlement : {};
          if (afterMs > 0) timers.add(clock.after(afterMs, () => {}));
          return delivery.settle(settlement);
        },
      }),
    };
  };
}

/** Faults of how a subscription ends, and of what is in hand then. */
export const faultyEnding: Readonly<Record<string, () => Fault>> = {
  "drain-drops-the-unread": () => ({
    breaks: "A drain that comes before the first read drops what had arrived.",
    subscription: (subscription) => ({
      drain: () =>
        subscription.deliveries.locked
          ? subscription.drain()
          : subscription.deliveries.cancel(),
    }),
  }),
  "drain-hangs-after-an-abort": () => ({
    breaks: "A drain of a subscription that was aborted waits for ever.",
    subscription: (subscription, { options: { signal } }) => ({
      drain: () => signal?.aborted ? never() : subscription.drain(),
    }),
  }),
  "swallows-given-up-batch": () => {
    let waits = false;
    let owed = false;
    return {
      ...ofBatches(
        "A batch that is given up takes the next delivery with it.",
        (reader) => ({
          read: () => {
            waits = true;
            return reader.read().finally(() => waits = false);
          },
          releaseLock: () => {
            owed ||= waits;
            reader.releaseLock();
          },
        }),
      )(),
      reader: (reader) => ({
        read: async () => {
          if (owed) await reader.read();
          owed = false;
          return await reader.read();
        },
      }),
    };
  },
  "cancel-loses-retry": after(
    "cancel",
    "A retry after a cancel resolves, and does not come back.",
    ackedForRetry,
  ),
  "drain-loses-retry": after(
    "drain",
    "A retry after a drain resolves, and does not come back.",
    ackedForRetry,
  ),
  "acks-after-dispose": after(
    "dispose",
    "Without a group, an ack after its subscription was disposed resolves.",
    (settle, { options: { group } }) =>
      group === undefined ? () => undefined : settle,
  ),
  "loses-release-alone": () => ({
    breaks: "Without a group, what is released does not come back.",
    delivery: (delivery, { options: { group } }) => ({
      settle: (settlement: Settlement) =>
        delivery.settle(
          group === undefined && settlement.kind === "release"
            ? { kind: "ack" }
            : settlement,
        ),
    }),
  }),
  "timer-outlives-cancel": timing(
    "The timer of a delayed retry outlives its subscription.",
    "shutdown",
  ),
  "timer-outlives-shutdown": timing(
    "The timer of a delayed retry outlives its connection.",
    "cancel",
  ),
};
