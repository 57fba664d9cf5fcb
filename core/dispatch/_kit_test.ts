// What the tests of the dispatcher share: a broker that does as it is told, and an application on it. There is no test in it.
import {
  type Middleware,
  type Notice,
  type Observer,
  type Router,
  type Running,
  RustStream,
  type Settings,
  type StopReport,
  type Subscriber,
} from "@ruststream/core";
import {
  type Awaitable,
  type Broker,
  type Connection,
  type Delivery,
  DeliveryBuffer,
  type Guarantees,
  headers,
  type HeadersInput,
  type Message,
  MessagingError,
  type Publisher,
  type ServerDescription,
  type Settlement,
  type Subscription,
} from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import assert from "node:assert/strict";

/** What a test sends, mostly. */
export interface Order {
  readonly id: number;
  readonly key?: string;
}

/** A broker that can do everything. */
export const able: Guarantees = Object.freeze({
  ordering: "address",
  redelivery: "until-settled",
  delayedRetry: true,
  countsAttempts: true,
  releaseCounts: false,
  persistence: "while-open",
  groups: true,
  patterns: true,
  headers: true,
});

/** What is pushed, beside its payload. */
export interface Pushed {
  readonly id?: string;
  readonly address?: string;
  readonly body?: Uint8Array;
  readonly headers?: HeadersInput;
  readonly key?: string;
  readonly attempt?: number;
  readonly replyTo?: string;
  readonly publishedAt?: Date;
  readonly dedupeId?: string;
}

/** A settlement as it was tried, in words. */
function say(settlement: Settlement): string {
  const { kind } = settlement;
  if (settlement.kind === "retry" && settlement.afterMs !== undefined) {
    return `${kind} ${settlement.afterMs}`;
  }
  return settlement.kind === "reject" && settlement.reason !== undefined
    ? `${kind} ${settlement.reason}`
    : kind;
}

/** A delivery of the scripted broker. */
export class ScriptedDelivery implements Delivery {
  readonly id: string;
  readonly message: Message;
  declare readonly attempt?: number;
  declare readonly replyTo?: string;
  declare readonly publishedAt?: Date;
  declare readonly dedupeId?: string;
  declare readonly extend?: () => boolean;
  readonly #script: Script;
  #claimed = false;

  constructor(script: Script, id: string, message: Message, pushed: Pushed) {
    this.#script = script;
    this.id = id;
    this.message = message;
    const { attempt, replyTo, publishedAt, dedupeId } = pushed;
    if (script.guarantees.countsAttempts) this.attempt = attempt ?? 1;
    if (replyTo !== undefined) this.replyTo = replyTo;
    if (publishedAt !== undefined) this.publishedAt = publishedAt;
    if (dedupeId !== undefined) this.dedupeId = dedupeId;
    if (script.guarantees.settleDeadlineMs !== undefined) {
      this.extend = () => script.extend(id);
    }
  }

  settle(settlement: Settlement): Awaitable<void> {
    if (this.#claimed) {
      this.#script.log(this.id, "settled twice");
      return Promise.reject(new MessagingError("settled", "settled before"));
    }
    this.#script.log(this.id, say(settlement));
    this.#claimed = true;
    const open = (error: unknown): never => {
      this.#claimed = false;
      throw error;
    };
    try {
      const done = this.#script.onSettle(this.id, settlement);
      return done === undefined ? undefined : Promise.resolve(done).catch(open);
    } catch (error) {
      return open(error);
    }
  }
}

/** What the scripted broker does, and what was done to it. */
export class Script {
  readonly clock: VirtualClock;
  readonly guarantees: Guarantees;
  confirms: Publisher["confirms"] = "stored";
  /** Whether its subscriptions give several deliveries a chunk. */
  hasBatches = true;
  /** Settlements as they were tried: "1 ack". */
  readonly settled: string[] = [];
  /** The same, with the time before it: "100: 1 ack". */
  readonly settledAt: string[] = [];
  /** Extensions, with their time. */
  readonly extended: string[] = [];
  /** What a cancel gave back, by id. */
  readonly handedBack: string[] = [];
  readonly published: Message[] = [];
  readonly subscriptions: ScriptedSubscription[] = [];
  onSettle: (id: string, settlement: Settlement) => Awaitable<void> = () => {};
  onExtend: (id: string) => boolean = () => true;
  onPublish: (message: Message) => Awaitable<unknown> = () => {};

  constructor(clock: VirtualClock, guarantees: Guarantees) {
    this.clock = clock;
    this.guarantees = guarantees;
  }

  log(id: string, what: string): void {
    this.settled.push(`${id} ${what}`);
    this.settledAt.push(`${this.clock.now()}: ${id} ${what}`);
  }

  extend(id: string): boolean {
    this.extended.push(`${this.clock.now()}: ${id}`);
    return this.onExtend(id);
  }
}

/** One subscription of the scripted broker. */
export class ScriptedSubscription implements Subscription {
  readonly guarantees: Guarantees;
  readonly buffer: DeliveryBuffer<ScriptedDelivery>;
  readonly batches?: (max: number) => ReadableStream<
    readonly ScriptedDelivery[]
  >;

  constructor(script: Script) {
    const { clock, guarantees, handedBack } = script;
    const { settleDeadlineMs } = guarantees;
    this.guarantees = guarantees;
    this.buffer = new DeliveryBuffer({
      handBack: (deliveries) =>
        void handedBack.push(...deliveries.map(({ id }) => id)),
      clock,
      ...(settleDeadlineMs === undefined ? {} : { settleDeadlineMs }),
    });
    if (script.hasBatches) this.batches = (max) => this.buffer.batches(max);
  }

  get deliveries(): ReadableStream<ScriptedDelivery> {
    return this.buffer.deliveries;
  }

  drain(): Promise<void> {
    return this.buffer.drain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.buffer.cancel();
  }
}

class ScriptedBroker implements Broker {
  readonly name = "scripted";
  readonly guarantees: Guarantees;
  readonly #script: Script;

  constructor(script: Script) {
    this.#script = script;
    this.guarantees = script.guarantees;
  }

  describe(): readonly ServerDescription[] {
    return [];
  }

  // deno-lint-ignore require-await -- the contract's shape
  async connect(): Promise<Connection> {
    const script = this.#script;
    const closed = Promise.withResolvers<undefined>();
    return {
      state: "connected",
      closed: closed.promise,
      publisher: {
        confirms: script.confirms,
        publish: (message) => {
          script.published.push(message);
          return script.onPublish(message);
        },
      },
      // deno-lint-ignore require-await -- the contract's shape
      async subscribe() {
        const subscription = new ScriptedSubscription(script);
        script.subscriptions.push(subscription);
        return subscription;
      },
      // deno-lint-ignore require-await -- the contract's shape
      async shutdown() {
        closed.resolve(undefined);
      },
      // deno-lint-ignore require-await -- the contract's shape
      async [Symbol.asyncDispose]() {
        closed.resolve(undefined);
      },
    };
  }
}

const silent = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

/** How an application of a test is made. */
export interface AppOptions {
  readonly settings?: Settings;
  readonly scope?: Settings & { readonly onLost?: "stop" | "retry" };
  readonly mount?: Settings;
  readonly use?: readonly Middleware[];
  readonly scopeUse?: readonly Middleware[];
  readonly observe?: readonly Observer[];
}

type Mountable = Subscriber<Connection, undefined> | Router;

/** A scripted broker, and one application on it. Disposing stops it, and fails where a timer is left. */
export class Kit extends Script implements AsyncDisposable {
  readonly notices: Notice[] = [];
  /** Those of handlers that fail and are run again, apart: nearly every test has them. */
  readonly failing: Notice[] = [];
  readonly broker: Broker;
  running: Running | undefined;
  #pushed = 0;

  /** `seed` is that of the clock's random numbers. */
  constructor(
    guarantees: Partial<Guarantees> = {},
    { seed = 0, startMs = 0 }: { seed?: number; startMs?: number } = {},
  ) {
    super(new VirtualClock({ seed, startMs }), { ...able, ...guarantees });
    this.broker = new ScriptedBroker(this);
  }

  /** Makes an application of these subscribers. */
  app(
    included: Mountable | readonly Mountable[],
    options: AppOptions = {},
    broker: Broker = this.broker,
  ): RustStream {
    const { settings, scope, mount, use = [], scopeUse = [] } = options;
    const all = Array.isArray(included) ? included : [included];
    const app = new RustStream(
      { title: "test", version: "0", logger: silent },
      settings,
    ).withBroker(broker, (b) => {
      for (const middleware of scopeUse) b.use(middleware);
      for (const one of all) b.include(one as never, mount as never);
    }, scope);
    app.observe({
      notice: (notice) =>
        (notice.code === "failing" ? this.failing : this.notices).push(notice),
    });
    for (const observer of options.observe ?? []) app.observe(observer);
    for (const middleware of use) app.use(middleware);
    return app;
  }

  /** Starts one. */
  async start(
    included: Mountable | readonly Mountable[],
    options: AppOptions = {},
    broker: Broker = this.broker,
  ): Promise<Running> {
    const app = this.app(included, options, broker);
    this.running = await app.start({ clock: this.clock });
    return this.running;
  }

  /** Delivers one message, to the first subscription or to that one. Its id is "1" for the first, then counts. */
  push(payload?: unknown, pushed: Pushed = {}, at = 0): void {
    const {
      id = String(++this.#pushed),
      address = "orders",
      body = new TextEncoder().encode(JSON.stringify(payload)),
    } = pushed;
    const message = {
      address,
      body,
      ...(pushed.headers && { headers: headers(pushed.headers) }),
      ...(pushed.key === undefined ? {} : { key: pushed.key }),
    };
    this.subscriptions[at]?.buffer.push(
      new ScriptedDelivery(this, id, message, pushed),
    );
  }

  /** Delivers so many, and lets them be handled. */
  async pushMany(count: number, key?: (n: number) => string): Promise<void> {
    for (let n = 1; n <= count; n++) {
      this.push(key === undefined ? { id: n } : { id: n, key: key(n) });
    }
    await this.turns();
  }

  /** Lets what can run now run. */
  async turns(): Promise<void> {
    await this.clock.advance(0);
  }

  /** Stops, and lets time pass until that is done. The time it took is the second value. */
  async stop(
    options: { readonly drainMs?: number } = {},
  ): Promise<readonly [StopReport, number]> {
    const from = this.clock.now();
    let done = Infinity;
    const stopped = (async () => {
      const report = await this.running?.stop(options);
      done = this.clock.now();
      return report;
    })();
    await this.turns();
    for (let n = 0; done === Infinity && n < 10_000; n++) {
      const { nextAt = this.clock.now() } = this.clock;
      await this.clock.advance(nextAt - this.clock.now());
    }
    assert.ok(done < Infinity, "the service does not stop");
    return [await stopped as StopReport, done - from];
  }

  /** The codes of the notices, without those of other things. */
  get codes(): readonly string[] {
    return this.notices.map(({ code }) => code);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.running !== undefined) await this.stop({ drainMs: 1 });
    assert.equal(this.clock.pending, 0, "a timer was left behind");
    assert.ok(
      !this.settled.some((line) => line.endsWith("settled twice")),
      "a delivery was settled twice",
    );
  }
}

/** The header fields of a message, as an object. */
export function fieldsOf(message: Message | undefined): Record<string, string> {
  return Object.fromEntries(message?.headers ?? []);
}

/** The body of a message, as text. */
export function textOf(message: Message | undefined): string {
  return new TextDecoder().decode(message?.body);
}

/** Who runs at once, and how many did at most. */
export class Gauge {
  running = 0;
  most = 0;

  enter(): void {
    this.running++;
    this.most = Math.max(this.most, this.running);
  }

  leave(): void {
    this.running--;
  }
}
