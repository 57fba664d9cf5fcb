import {
  type AddressPattern,
  type Awaitable,
  type Broker,
  type BrokerEvent,
  type Connection,
  type ConnectOptions,
  type Delivery,
  type Guarantees,
  headers,
  type HeadersInput,
  type Message,
  parseAddress,
  type Publisher,
  type Settlement,
  type SubscribeOptions,
  systemClock,
} from "@ruststream/core/contract";
import { type Ending, resolved } from "./assertions.ts";
import type { BenchClock, BenchSettings } from "./bench_options.ts";
import type { Claims } from "./claim_types.ts";
import { unmet } from "./conformance_error.ts";
import { CountedClock } from "./counted_clock.ts";
import { heapBytes } from "./heap.ts";
import { Tap, type TapBench } from "./tap.ts";
import { BenchTime } from "./time.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A way to subscribe: alone, or as a member of a group. */
export interface Way {
  /** `alone` or `group`. */
  readonly name: "alone" | "group";
  /** What it adds to the options of a subscription. */
  readonly options: SubscribeOptions;
  /** What it promises. */
  readonly guarantees: Guarantees;
}

/** Options for {@linkcode Bench.tap}. */
export interface TapOptions extends SubscribeOptions {
  /** By default the bench's own. */
  readonly connection?: Connection;
  /** By default the check's own. */
  readonly address?: string;
  /** By default alone. */
  readonly way?: Way;
}

/**
 * What a check works on: a fresh broker, addresses of its own, a clock, and an end to every wait.
 *
 * @example A check of one's own
 * ```ts
 * import assert from "node:assert/strict";
 * import { type Check, runConformance } from "@ruststream/conformance";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const check: Check = {
 *   id: "own/arrives",
 *   promise: "What is published arrives.",
 *   rule: 13,
 *   catches: "drops-in-silence",
 *   async run(bench) {
 *     const tap = await bench.tap();
 *     await bench.publish("1");
 *     await tap.next();
 *   },
 * };
 * const { summary } = await runConformance({ broker: () => new MemoryBroker(), checks: [check] });
 * assert.equal(summary, "1 checks: 1 passed, 0 failed, 0 not claimed");
 * ```
 */
export class Bench implements TapBench {
  /** What the author set. */
  readonly settings: BenchSettings;
  /** What the broker claims. */
  readonly claims: Claims;
  /** The broker, made for this check. */
  readonly broker: Broker;
  /** An address that nobody else uses. */
  readonly address: string;
  /** What was reported of all connections. */
  readonly events: BrokerEvent[] = [];
  readonly #time: BenchTime;
  readonly #clock: CountedClock;
  readonly #connections: Connection[] = [];
  #main: Promise<Connection> | undefined;

  /** Makes a fresh broker, and connects nothing. Waits end when `over` is aborted. */
  constructor(settings: BenchSettings, claims: Claims, over: AbortSignal) {
    this.settings = settings;
    this.claims = claims;
    this.broker = settings.broker();
    const clock = settings.clock?.() ?? systemClock;
    this.#time = new BenchTime(clock, over);
    this.#clock = new CountedClock(clock);
    this.address = `${settings.prefix}.${unique()}`;
  }

  /** The clock that connections are given. */
  get clock(): BenchClock {
    return this.#clock;
  }

  /** How many timers of connections wait on that clock. */
  get timers(): number {
    return this.#clock.waiting;
  }

  /** Makes a connection, which is shut down with the bench. */
  connect(options?: ConnectOptions): Promise<Connection> {
    return this.#connect(this.broker, options);
  }

  /** Shuts every connection down, and connects by a broker that was made anew: what another process would see. */
  async connectAnew(): Promise<Connection> {
    await this.end();
    return await this.#connect(this.settings.broker());
  }

  async #connect(
    broker: Broker,
    options?: ConnectOptions,
  ): Promise<Connection> {
    const given = Object.freeze({
      clock: this.clock,
      report: (event: BrokerEvent) => void this.events.push(event),
      ...options,
    });
    const connection = await this.get(
      broker.connect(given),
      "connecting",
    );
    this.#connections.push(connection);
    return connection;
  }

  /** The connection of the bench itself. */
  connection(): Promise<Connection> {
    this.#main ??= this.connect();
    return this.#main;
  }

  /** The publisher of a connection; by default that of the bench's own. */
  async publisher(connection?: Connection): Promise<Publisher> {
    const from = connection ?? await this.connection();
    return await this.settings.publisher?.(from) ?? from.publisher;
  }

  /** Subscribes, with options that are frozen. */
  async tap(options: TapOptions = {}): Promise<Tap> {
    const { connection, address = this.address, way, ...rest } = options;
    const from = connection ?? await this.connection();
    const subscription = await this.get(
      this.subscribe(from, parseAddress(address), { ...way?.options, ...rest }),
      "subscribing",
    );
    return new Tap(this, subscription);
  }

  /** Subscribes as the author wants it, without waiting. */
  subscribe(
    connection: Connection,
    address: AddressPattern,
    options: SubscribeOptions,
  ): ReturnType<Connection["subscribe"]> {
    Object.freeze(options);
    return this.settings.subscribe?.(connection, address, options) ??
      connection.subscribe(address, options);
  }

  /** Publishes, and waits for it. */
  async publish(
    body: string | Uint8Array,
    to: {
      readonly address?: string;
      readonly headers?: HeadersInput;
      readonly key?: string;
      readonly connection?: Connection;
    } = {},
  ): Promise<void> {
    const publisher = await this.publisher(to.connection);
    await this.get(publisher.publish(this.message(body, to)), "publishing");
  }

  /** Publishes several, one after another. */
  async publishAll(
    bodies: Iterable<string>,
    connection?: Connection,
  ): Promise<void> {
    for (const body of bodies) {
      await this.publish(body, connection && { connection });
    }
  }

  /** A frozen message. */
  message(
    body: string | Uint8Array,
    { address = this.address, headers: fields, key }: {
      readonly address?: string;
      readonly headers?: HeadersInput;
      readonly key?: string;
    } = {},
  ): Message {
    return Object.freeze({
      address,
      body: typeof body === "string" ? encoder.encode(body) : body,
      ...(fields !== undefined && { headers: headers(fields) }),
      ...(key !== undefined && { key }),
    });
  }

  /** The ways to subscribe that promise something; both, without a condition. */
  ways(
    where: (guarantees: Guarantees) => boolean = () => true,
  ): readonly Way[] {
    const { alone, member } = this.claims;
    const ways: Way[] = [{ name: "alone", options: {}, guarantees: alone }];
    if (member !== undefined) ways.push(this.group(member));
    return ways.filter(({ guarantees }) => where(guarantees));
  }

  /** The group of this check. */
  group(
    guarantees: Guarantees = this.claims.member ?? this.claims.broker,
  ): Way {
    const group = `group-${this.address.replaceAll(".", "-")}`;
    return { name: "group", options: { group }, guarantees };
  }

  /** Settles with a frozen settlement, and waits for it. */
  async settle(delivery: Delivery, settlement: Settlement): Promise<void> {
    await this.get(
      delivery.settle(Object.freeze({ ...settlement })),
      `settling with ${settlement.kind}`,
    );
  }

  /** What something resolves with. Fails where it rejects, or does not end. */
  get<T>(wait: Awaitable<T>, what: string): Promise<T> {
    return quietly(
      this.ends(wait, what).then((ending) => resolved(ending, what)),
    );
  }

  /** How something ends. Fails where it does not. */
  ends<T>(
    wait: Awaitable<T>,
    what: string,
    withinMs: number = this.settings.withinMs,
  ): Promise<Ending<T>> {
    return quietly(this.#time.settled(wait, what, withinMs));
  }

  /** How something ends at once: without time passing on a clock that is moved, within the quiet time on one that runs. */
  endsAtOnce<T>(wait: Awaitable<T>, what: string): Promise<Ending<T>> {
    const { advance } = this.clock;
    return this.ends(
      wait,
      what,
      advance === undefined ? this.settings.quietMs : 0,
    );
  }

  /** How something ended while nothing should; undefined where nothing did. */
  looked<T>(
    wait: Awaitable<T>,
    quietMs: number = this.settings.quietMs,
  ): Promise<Ending<T> | undefined> {
    return this.#time.ending(wait, quietMs);
  }

  /** Calls what must not throw synchronously. */
  call<T>(run: () => Awaitable<T>, what: string): Awaitable<T> {
    try {
      return run();
    } catch (thrown) {
      throw unmet(
        `${what}, called`,
        "a promise or nothing",
        thrown,
      );
    }
  }

  /** Lets time pass. */
  pass(ms: number): Promise<void> {
    return this.#time.pass(ms);
  }

  /** Lets what is ready run. */
  turns(): Promise<void> {
    return this.#time.turns();
  }

  /** Bytes that the heap holds after what is garbage is gone; 0 where the runtime does not tell. */
  async heap(): Promise<number> {
    let least = Infinity;
    for (let i = 0; i < 5; i++) {
      await this.turns();
      least = Math.min(least, heapBytes() ?? 0);
    }
    return least;
  }

  /** A number scaled by the author's setting, at least so much. */
  scaled(count: number, least = 10): number {
    return Math.max(least, Math.round(count * this.settings.scale));
  }

  /** Shuts everything down. Fails where that does not end. */
  async end(): Promise<void> {
    this.#main = undefined;
    for (const connection of this.#connections.splice(0)) {
      await this.get(connection.shutdown(), "shutting down after the check");
    }
  }
}

/** The text of a delivery's body. */
export function text({ message }: Delivery): string {
  return decoder.decode(message.body);
}

/** The texts of several deliveries' bodies. */
export function texts(deliveries: readonly Delivery[]): readonly string[] {
  return deliveries.map(text);
}

/** The names `1` to `count`. */
export function numbers(count: number, from = 1): readonly string[] {
  return Array.from({ length: count }, (_, i) => String(from + i));
}

// A check that has failed already waits for nothing else.
function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

// Never the same on a server that many runs share.
function unique(): string {
  const part = (value: number): string => Math.floor(value).toString(36);
  return `${part(systemClock.now())}${part(systemClock.random() * 1e9)}`;
}
