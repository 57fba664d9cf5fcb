// The brokers that the suite is tried on: memory, memory that promises less, and each of them broken in one way. There is no test in it.
import {
  type BenchOptions,
  checks,
  type LogBench,
  runConformance,
} from "@ruststream/conformance";
import {
  type Connection,
  type Delivery,
  type Guarantees,
  isMessagingError,
  type Keeps,
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
import { cables, cut, drops, loseCommit, mend } from "./_cable_test.ts";
import { distant } from "./_distant_test.ts";

/** Not a fault: a broker that promises less, and keeps that. */
function honest(less: Partial<Guarantees>): Fault {
  return {
    breaks: "Nothing: it promises less.",
    broker: ({ guarantees }) => ({ guarantees: { ...guarantees, ...less } }),
    connection: (connection) => ({
      // deno-lint-ignore require-await -- what is thrown must reject
      subscribe: async (...asked: Parameters<Connection["subscribe"]>) => {
        const [{ template, tokens }, { group } = {}] = asked;
        const many = tokens.some(({ kind }) => kind !== "literal");
        if (
          less.groups === false && group !== undefined ||
          less.patterns === false && many
        ) {
          throw new MessagingError(
            "unsupported",
            `Cannot subscribe to "${template}": it has no groups and no patterns`,
          );
        }
        return connection.subscribe(...asked);
      },
    }),
    publisher: (publisher) => ({
      publish: (message: Message, options?: object) =>
        less.headers === false && message.headers !== undefined
          ? Promise.reject(
            new MessagingError(
              "unsupported",
              "Cannot publish headers: none travel",
            ),
          )
          : publisher.publish(message, options),
    }),
    subscription: ({ guarantees }) => ({
      guarantees: { ...guarantees, ...less },
    }),
    delivery: (delivery) => ({
      settle: (settlement: Settlement) =>
        settlement.kind === "retry" &&
          (less.redelivery === "none" ||
            less.delayedRetry === false && settlement.afterMs !== undefined)
          ? noRetry(delivery)
          : delivery.settle(settlement),
    }),
  };
}

/** That a delivery has ended comes first: what it is asked for instead could never be. */
async function noRetry(delivery: Delivery): Promise<void> {
  try {
    await delivery.settle({ kind: "retry", afterMs: -1 });
  } catch (error) {
    if (isMessagingError(error)) throw error;
    throw new MessagingError(
      "unsupported",
      "Cannot retry like this: it is not promised",
    );
  }
}

// How many messages of an address the log of memory keeps.
const kept = 100;

// How many may wait where that is bounded: no check but those of the bounds has more on their way.
const few = 1_024;

const memoryLog: LogBench = {
  open: (connection, address) =>
    (connection as MemoryConnection).readLog(address, { from: "end" }),
  position: (delivery) => (delivery as MemoryDelivery).position,
  forget: async ({ publisher }, address) => {
    for (let left = kept; left > 0; left--) {
      await publisher.publish({ address, body: new Uint8Array() });
    }
  },
};

const keeper = (connection: Connection): Keeps =>
  connection as MemoryConnection;

const promising = (less: Partial<Guarantees>) => (): BenchOptions => ({
  broker: () => faulty(new MemoryBroker(), honest(less)),
});

/** Brokers that keep what they promise, each with what its bench can do. */
export const bases: Readonly<Record<string, () => BenchOptions>> = {
  memory: () => ({
    broker: () =>
      new MemoryBroker({ name: "memory-s3cret", retain: { messages: kept } }),
    log: memoryLog,
    kept: keeper,
  }),
  undelayed: promising({ delayedRetry: false }),
  bare: promising({
    redelivery: "none",
    delayedRetry: false,
    groups: false,
    patterns: false,
    headers: false,
  }),
  // What memory keeps outlives every connection: a restart ends these, and nothing else.
  durable: () => {
    const cuts: (() => void)[] = [];
    const server = faulty(new MemoryBroker(), cables({ waits: false, cuts }));
    return {
      broker: () => faulty(server, honest({ persistence: "durable" })),
      // deno-lint-ignore require-await -- the shape of a restart
      restart: async () => {
        for (const end of cuts.splice(0)) end();
      },
    };
  },
  cuttable: () => ({
    broker: () => faulty(new MemoryBroker(), cables({ waits: false })),
    cut,
    loseCommit,
  }),
  mendable: () => ({
    broker: () => faulty(new MemoryBroker(), cables({ waits: true })),
    cut,
    mend,
  }),
  distant: () => ({
    broker: () => distant(new MemoryBroker({ retain: { messages: kept } })),
    log: memoryLog,
  }),
  narrow: () => ({
    broker: () => new MemoryBroker({ capacity: few, publishTimeoutMs: 1_000 }),
    maxWaiting: few,
    maxTransaction: few,
  }),
  dropping: () => ({
    broker: () => faulty(new MemoryBroker(), drops(few)),
    maxUnread: few,
  }),
};

/** How one of them is tried, whole or broken. */
export function benchOf(base: string, fault?: string): BenchOptions {
  const { [base]: make } = bases;
  if (make === undefined) throw new TypeError(`Cannot try "${base}": no base`);
  const { broker, ...settings } = make();
  return {
    ...settings,
    broker: fault === undefined ? broker : () => faulty(broker(), fault),
    clock: () => new VirtualClock(),
    maxBodyBytes: 1_048_576,
    secret: "s3cret",
    scale: 0.1,
    deadlineMs: 15_000,
  };
}

/** The first base that claims a check, and what the check fails with there. */
export interface Claimed {
  readonly base: string;
  readonly error: unknown;
}

/** Runs each check on the first base that claims it. */
export async function runOnBases(): Promise<ReadonlyMap<string, Claimed>> {
  const claimed = new Map<string, Claimed>();
  for (const base of Object.keys(bases)) {
    const rest = checks.filter(({ id }) => !claimed.has(id));
    const { results } = await runConformance({
      ...benchOf(base),
      checks: rest,
    });
    for (const { id, status, error } of results) {
      if (status !== "not claimed") claimed.set(id, { base, error });
    }
  }
  return claimed;
}

/** Checks that no broker here claims yet, so that nothing shows whether they can fail. */
export const unproven: ReadonlySet<string> = new Set([]);
