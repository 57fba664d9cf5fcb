// What the tests of the application share; there is no test in it.
import {
  type AddressPattern,
  type Broker,
  type Connection,
  type ConnectOptions,
  type Delivery,
  DeliveryBuffer,
  type Guarantees,
  type Message,
  type Publisher,
  type ServerDescription,
  type Settlement,
  type SubscribeOptions,
  type Subscription,
  systemClock,
} from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker, type MemoryBrokerOptions } from "@ruststream/memory";
import type { Logger } from "../log.ts";
import type { Notice, Observer } from "../observe.ts";
import { RustStream } from "./ruststream.ts";
import type { AppInfo } from "./types.ts";

export const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

export const info: AppInfo = {
  title: "shop",
  version: "1.0.0",
  logger: silent,
};

/** Keeps the notices of an application. */
export class Notices implements Observer {
  readonly all: Notice[] = [];

  notice(notice: Notice): void {
    this.all.push(notice);
  }

  codes(): readonly string[] {
    return this.all.map(({ code }) => code);
  }

  messages(): readonly string[] {
    return this.all.map(({ message }) => message);
  }
}

export const strong: Guarantees = Object.freeze({
  ordering: "address",
  redelivery: "until-settled",
  delayedRetry: true,
  countsAttempts: true,
  releaseCounts: false,
  persistence: "durable",
  groups: true,
  patterns: true,
  headers: true,
});

/** What a fake does other than well. */
export interface FakeOptions {
  readonly name?: string;
  readonly guarantees?: Partial<Guarantees>;
  /** What an open subscription promises other than the broker. */
  readonly open?: Partial<Guarantees>;
  readonly servers?: readonly ServerDescription[];
  readonly confirms?: Publisher["confirms"];
  /** Instead of connecting at once. */
  readonly connect?: (
    make: () => FakeConnection,
    options: ConnectOptions,
  ) => Promise<FakeConnection>;
  /** Instead of subscribing at once. */
  readonly subscribe?: (
    make: () => FakeSubscription,
    options: SubscribeOptions,
  ) => Promise<FakeSubscription>;
  readonly drain?: () => Promise<void>;
  readonly dispose?: () => Promise<void>;
  readonly shutdown?: () => Promise<void>;
  readonly publish?: (message: Message) => unknown;
  readonly settle?: (settlement: Settlement) => unknown;
}

/** A broker that writes down what is done to it, and fails as it is told to. */
export class FakeBroker implements Broker<FakeConnection> {
  readonly name: string;
  readonly guarantees: Guarantees;
  readonly log: string[];
  readonly options: FakeOptions;
  readonly connections: FakeConnection[] = [];

  constructor(options: FakeOptions = {}, log: string[] = []) {
    this.name = options.name ?? "fake";
    this.guarantees = { ...strong, ...options.guarantees };
    this.options = options;
    this.log = log;
  }

  /** The latest connection. */
  get live(): FakeConnection {
    const live = this.connections.at(-1);
    if (live === undefined) throw new Error("Cannot find a connection");
    return live;
  }

  /** What is open, by what it was opened as. */
  get open(): readonly string[] {
    return this.connections.flatMap((connection) => [
      ...(connection.state === "closed" ? [] : [this.name]),
      ...connection.subscriptions.filter((one) => one.disposed === 0)
        .map((one) => one.template),
    ]);
  }

  describe(): readonly ServerDescription[] {
    return this.options.servers ?? [];
  }

  connect(options: ConnectOptions = {}): Promise<FakeConnection> {
    const make = (): FakeConnection => {
      this.log.push(`connect ${this.name}`);
      const made = new FakeConnection(this, options);
      this.connections.push(made);
      return made;
    };
    return this.options.connect?.(make, options) ?? Promise.resolve(make());
  }
}

export class FakeConnection implements Connection {
  state: Connection["state"] = "connected";
  readonly broker: FakeBroker;
  readonly publisher: Publisher;
  readonly sent: Message[] = [];
  readonly subscriptions: FakeSubscription[] = [];
  readonly closed: Promise<Error | undefined>;
  readonly given: ConnectOptions;
  readonly #close: (cause: Error | undefined) => void;

  constructor(broker: FakeBroker, given: ConnectOptions) {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    const { confirms = "stored", publish } = broker.options;
    this.broker = broker;
    this.given = given;
    this.closed = promise;
    this.#close = resolve;
    this.publisher = {
      confirms,
      publish: (message) => {
        this.sent.push(message);
        return publish?.(message);
      },
    };
  }

  subscribe(
    { template }: AddressPattern,
    options: SubscribeOptions = {},
  ): Promise<FakeSubscription> {
    const make = (): FakeSubscription => {
      this.broker.log.push(`subscribe ${template}`);
      const made = new FakeSubscription(this, template, options);
      this.subscriptions.push(made);
      return made;
    };
    return this.broker.options.subscribe?.(make, options) ??
      Promise.resolve(make());
  }

  /** The connection is gone, and nobody asked for it. */
  break(cause: Error): void {
    this.state = "closed";
    this.#close(cause);
  }

  async shutdown(): Promise<void> {
    this.broker.log.push(`shutdown ${this.broker.name}`);
    await this.broker.options.shutdown?.();
    this.state = "closed";
    this.#close(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }
}

export class FakeSubscription implements Subscription {
  readonly template: string;
  readonly options: SubscribeOptions;
  readonly guarantees: Guarantees;
  readonly buffer: DeliveryBuffer;
  readonly settled: string[] = [];
  disposed = 0;
  readonly #connection: FakeConnection;

  constructor(
    connection: FakeConnection,
    template: string,
    options: SubscribeOptions,
  ) {
    const { broker } = connection;
    this.#connection = connection;
    this.template = template;
    this.options = options;
    this.guarantees = { ...broker.guarantees, ...broker.options.open };
    this.buffer = new DeliveryBuffer({
      handBack: (back) => {
        for (const _ of back) this.settled.push("hand back");
      },
      onDemand: () => broker.log.push(`read ${template}`),
    });
  }

  get deliveries(): ReadableStream<Delivery> {
    return this.buffer.deliveries;
  }

  batches(max: number): ReadableStream<readonly Delivery[]> {
    return this.buffer.batches(max);
  }

  /** A message arrives. */
  push(payload: unknown, also: Partial<Delivery> = {}): void {
    const { settle } = this.#connection.broker.options;
    this.buffer.push({
      message: {
        address: this.template,
        body: new TextEncoder().encode(JSON.stringify(payload)),
      },
      attempt: 1,
      settle: (settlement) => {
        this.settled.push(settlement.kind);
        return settle?.(settlement) as undefined;
      },
      ...also,
    });
  }

  async drain(): Promise<void> {
    await this.#connection.broker.options.drain?.();
    await this.buffer.drain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed++;
    this.#connection.broker.log.push(`dispose ${this.template}`);
    await this.#connection.broker.options.dispose?.();
    await this.buffer.cancel();
  }
}

/** An application on a virtual clock and a memory broker. */
export class Kit {
  readonly clock: VirtualClock = new VirtualClock();
  readonly notices: Notices = new Notices();
  readonly memory: MemoryBroker;

  constructor(options?: MemoryBrokerOptions) {
    this.memory = new MemoryBroker(options);
  }

  /** An application whose notices are kept. */
  app(): RustStream {
    return new RustStream(info).observe(this.notices);
  }
}

/** A promise, and what settles it. */
export function gate(): PromiseWithResolvers<void> {
  return Promise.withResolvers<void>();
}

/** Never settles, and holds nothing. */
export function never(): Promise<never> {
  return new Promise(() => {});
}

/** Lets everything run that can. */
export async function settleDown(turns = 4): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await systemClock.turn();
}

/** Whether a promise is still open after some turns of the event loop. */
export async function waits(promise: Promise<unknown>): Promise<boolean> {
  const over = promise.then(() => false, () => false);
  return await Promise.race([over, settleDown().then(() => true)]);
}

/** A signal that counts who listens. */
export class CountedSignal {
  readonly controller: AbortController = new AbortController();
  listeners = 0;
  readonly signal: AbortSignal;

  constructor() {
    const { signal } = this.controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      this.listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      this.listeners--;
      remove(...args);
    };
    this.signal = signal;
  }
}
