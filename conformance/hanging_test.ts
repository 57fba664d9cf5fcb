import { checks, runConformance } from "@ruststream/conformance";
import { test } from "@ruststream/conformance/runner";
import type {
  Batches,
  Broker,
  Connection,
  Delivery,
  Pausable,
  Publisher,
  Requests,
  RequestsMany,
  Schedules,
  Seekable,
  Subscription,
  Transaction,
  Transacts,
} from "@ruststream/core/contract";
import { type Fault, faulty } from "@ruststream/core/testing";
import type { MemoryPublisher } from "@ruststream/memory";
import assert from "node:assert/strict";
import { benchOf } from "./_mutants_test.ts";

const never = (): Promise<never> => new Promise(() => {});

const breaks = "One method waits for ever.";
const dispose = Symbol.asyncDispose;

/** A fault by which one method hangs. */
function hung(
  of: Exclude<keyof Fault, "breaks" | "batches">,
  method: PropertyKey,
): Fault {
  return { breaks, [of]: () => ({ [method]: never }) };
}

/** A transaction of which one method hangs. */
function transaction(method: PropertyKey): Fault {
  const begin = async (connection: Connection): Promise<object> => {
    const open = await (connection.publisher as MemoryPublisher).begin();
    return new Proxy(open, {
      get: (_, key) => {
        if (key === method) return never;
        const value: unknown = Reflect.get(open, key);
        return typeof value === "function" ? value.bind(open) : value;
      },
    });
  };
  return {
    breaks,
    publisher: (_, connection) => ({ begin: () => begin(connection) }),
  };
}

/** The methods of the contract, by what has them: the types see to it that none is forgotten here. */
interface Parts {
  readonly broker: Broker;
  readonly connection: Connection;
  readonly publisher:
    & Publisher
    & Requests
    & RequestsMany
    & Transacts
    & Schedules;
  readonly transaction: Transaction;
  readonly subscription: Subscription & Seekable<unknown> & Batches & Pausable;
  readonly delivery: Delivery;
}
type MethodsOf<T> = {
  [K in keyof T & string]-?: NonNullable<T[K]> extends
    (...given: never[]) => unknown ? K : never;
}[keyof T & string];
type Method = {
  [P in keyof Parts]: `${P}.${MethodsOf<Parts[P]>}`;
}[keyof Parts];

/** Nobody waits for these, or no check asks for them. */
type NeverWaitedFor =
  | "broker.describe"
  | "broker.inProcess"
  | "subscription.batches"
  | "subscription.pause"
  | "subscription.resume"
  | "delivery.extend";

/** What no check comes past. */
type First = "broker.connect" | "connection.subscribe" | "connection.shutdown";

/** What is no method by such a name in the contract. */
type Others =
  | `${"connection" | "transaction" | "subscription"}.dispose`
  | "connection.closed"
  | "connection.readLog"
  | "connection.request"
  | "reader.read"
  | "reader.cancel";

type Hanging = Exclude<Method, NeverWaitedFor | First> | Others;

/** Each method that can be waited for: the fault that hangs it, and a check that fails of it. */
const hangs: Readonly<Record<Hanging, readonly [Fault, string]>> = {
  "connection.dispose": [
    hung("connection", dispose),
    "ladder/disposing-shuts-down",
  ],
  "connection.closed": [
    { breaks, connection: () => ({ closed: never() }) },
    "events/closed-resolves",
  ],
  "connection.readLog": [
    hung("connection", "readLog"),
    "seek/back",
  ],
  "connection.request": [
    {
      breaks,
      connection: () => ({ request: never }),
      publisher: () => ({ request: undefined }),
    },
    "requests/reply",
  ],
  "publisher.publish": [
    hung("publisher", "publish"),
    "publish/arrives",
  ],
  "publisher.request": [
    hung("publisher", "request"),
    "requests/reply",
  ],
  "publisher.requestMany": [
    {
      breaks,
      publisher: () => ({ requestMany: () => new ReadableStream() }),
    },
    "requests/many",
  ],
  "publisher.begin": [
    hung("publisher", "begin"),
    "transactions/all-in-order",
  ],
  "publisher.schedule": [
    hung("publisher", "schedule"),
    "schedules/not-sooner",
  ],
  "transaction.publish": [transaction("publish"), "transactions/all-in-order"],
  "transaction.commit": [transaction("commit"), "transactions/all-in-order"],
  "transaction.dispose": [
    transaction(dispose),
    "transactions/left-without-commit",
  ],
  "subscription.drain": [
    hung("subscription", "drain"),
    "subscription/drain-closes",
  ],
  "subscription.backlog": [
    hung("subscription", "backlog"),
    "subscription/not-read-ahead",
  ],
  "subscription.seek": [
    hung("subscription", "seek"),
    "seek/back",
  ],
  "subscription.dispose": [
    hung("subscription", dispose),
    "subscription/dispose-gives-back",
  ],
  "reader.read": [
    hung("reader", "read"),
    "publish/arrives",
  ],
  "reader.cancel": [
    hung("reader", "cancel"),
    "subscription/cancel-stops-intake",
  ],
  "delivery.settle": [
    hung("delivery", "settle"),
    "settle/ack-never-comes-back",
  ],
};

const hangsAtOnce: Readonly<Record<First, Fault>> = {
  "broker.connect": hung("broker", "connect"),
  "connection.subscribe": hung("connection", "subscribe"),
  "connection.shutdown": hung("connection", "shutdown"),
};

for (const [method, fault] of Object.entries(hangsAtOnce)) {
  test(`a broker that hangs in ${method} is told before the first check`, async () => {
    const { broker, ...settings } = benchOf("memory");

    const run = runConformance({
      ...settings,
      broker: () => faulty(broker(), fault),
      deadlineMs: 500,
    });

    await assert.rejects(run, { name: "ConformanceError" });
  });
}

for (const [method, [fault, id]] of Object.entries(hangs)) {
  test(`a broker that hangs in ${method} fails ${id}, and hangs nothing`, async () => {
    const { broker, ...settings } = benchOf("memory");

    const { results } = await runConformance({
      ...settings,
      broker: () => faulty(broker(), fault),
      deadlineMs: 100,
      checks: checks.filter(({ id, rule }) =>
        rule !== 10 && rule !== 11 && id !== "subscription/many"
      ),
    });

    const failed = results.filter(({ status }) => status === "failed");
    assert.ok(failed.map((result) => result.id).includes(id));
    assert.ok(failed.every(({ error }) => error instanceof Error));
  });
}
