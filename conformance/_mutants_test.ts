// The brokers that the suite is tried on: memory, memory that promises less, and each of them broken in one way. There is no test in it.
import type { BenchOptions, LogBench } from "@ruststream/conformance";
import {
  type Broker,
  type Connection,
  type Guarantees,
  type Message,
  MessagingError,
  type Settlement,
} from "@ruststream/core/contract";
import { type Fault, faulty, VirtualClock } from "@ruststream/core/testing";
import {
  MemoryBroker,
  type MemoryConnection,
  type MemoryDelivery,
} from "@ruststream/memory";

/** Not a fault: a broker that promises less, and keeps that. */
function honest(less: Partial<Guarantees>): Fault {
  return {
    breaks: "Nothing: it promises less.",
    broker: ({ guarantees }) => ({ guarantees: { ...guarantees, ...less } }),
    publisher: (publisher) => ({
      publish: (message: Message) =>
        less.headers === false && message.headers !== undefined
          ? Promise.reject(
            new MessagingError(
              "unsupported",
              "Cannot publish headers: none travel",
            ),
          )
          : publisher.publish(message),
    }),
    subscription: ({ guarantees }) => ({
      guarantees: { ...guarantees, ...less },
    }),
    delivery: (delivery) => ({
      settle: (settlement: Settlement) =>
        settlement.kind === "retry" &&
          (less.redelivery === "none" ||
            less.delayedRetry === false && settlement.afterMs !== undefined)
          ? Promise.reject(
            new MessagingError(
              "unsupported",
              "Cannot retry like this: it is not promised",
            ),
          )
          : delivery.settle(settlement),
    }),
  };
}

const cutting: unique symbol = Symbol("cut");

/** Not a fault: a broker with a cable that can be cut, for good. */
function cuttable(): Fault {
  const lost = new WeakMap<Connection, Promise<never>>();
  return {
    breaks: "Nothing: its connections can be cut.",
    connection: (connection, { report }) => {
      const { promise, reject } = Promise.withResolvers<never>();
      promise.catch(() => {});
      lost.set(connection, promise);
      let cut = false;
      return {
        get state() {
          return cut ? "closed" : connection.state;
        },
        publisher: {
          confirms: connection.publisher.confirms,
          publish: (message: Message) =>
            cut ? promise : connection.publisher.publish(message),
        },
        [cutting]: () => {
          cut = true;
          reject(new MessagingError("connection", "Cannot read: it was cut"));
          report?.({ kind: "disconnected" });
        },
      };
    },
    reader: (reader, { connection }) => ({
      read: () => Promise.race([reader.read(), lost.get(connection)]),
    }),
  };
}

/** Brokers that keep what they promise, each with its bench. */
export const bases: Readonly<Record<string, () => Broker>> = {
  memory: () =>
    new MemoryBroker({ name: "memory-s3cret", retain: { messages: 1_000 } }),
  undelayed: () => faulty(new MemoryBroker(), honest({ delayedRetry: false })),
  bare: () =>
    faulty(
      new MemoryBroker(),
      honest({
        redelivery: "none",
        delayedRetry: false,
        groups: false,
        headers: false,
      }),
    ),
  durable: () => faulty(new MemoryBroker(), honest({ persistence: "durable" })),
  cuttable: () => faulty(new MemoryBroker(), cuttable()),
};

const memoryLog: LogBench = {
  open: (connection, address) =>
    (connection as MemoryConnection).readLog(address, { from: "end" }),
  position: (delivery) => (delivery as MemoryDelivery).position,
};

/** How one of them is tried, whole or broken. */
export function benchOf(base: string, fault?: string): BenchOptions {
  const { [base]: make = () => new MemoryBroker() } = bases;
  return {
    broker: fault === undefined ? make : () => faulty(make(), fault),
    clock: () => new VirtualClock(),
    maxBodyBytes: 1_048_576,
    secret: "s3cret",
    ...(base === "cuttable" && {
      cut: (connection) => Reflect.get(connection, cutting)(),
    }),
    // What memory keeps outlives every connection: nothing is left for a restart to lose.
    ...(base === "durable" && { restart: async () => {} }),
    ...(base === "memory" && { log: memoryLog }),
    scale: 0.1,
    deadlineMs: 5_000,
  };
}

/** Checks that no broker here claims yet, so that nothing shows whether they can fail. */
export const unproven: ReadonlySet<string> = new Set([]);
