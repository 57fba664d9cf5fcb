import type { Awaitable } from "../contract/awaitable.ts";
import type { Broker, Connection } from "../contract/broker.ts";
import type { Middleware } from "../context.ts";
import { consoleLogger } from "../log.ts";
import type { Observer } from "../observe.ts";
import { checkSettings } from "../settings_check.ts";
import type { Settings } from "../settings.ts";
import { type AppDescription, describePlan } from "./describe.ts";
import { type AppPlan, makePlan } from "./plan.ts";
import { Inclusions } from "./router.ts";
import { startApp } from "./start.ts";
import type {
  AppInfo,
  BrokerOptions,
  Hook,
  Hooks,
  Running,
  Scope,
  StartOptions,
  Teardown,
} from "./types.ts";

interface BrokerEntry {
  readonly broker: Broker;
  readonly options: BrokerOptions;
  readonly inclusions: Inclusions;
}

/**
 * An application: brokers, what is mounted on them, and what is around it.
 *
 * Nothing happens before {@linkcode RustStream.start}. It can be started more than once; each start composes anew.
 *
 * @example A service of one subscriber
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, RustStream, subscriber } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const seen: number[] = [];
 * const app = new RustStream({ title: "orders", version: "0.1.0" })
 *   .withBroker(new MemoryBroker(), (b) => b.include(subscriber(orders, (order) => void seen.push(order.id))));
 *
 * const running = await app.start();
 * await running.publisher.publish(orders, { id: 1 });
 * await running.stop();
 * assert.deepEqual(seen, [1]);
 * ```
 */
export class RustStream<State = undefined> {
  /** What it is called. */
  readonly info: AppInfo;
  readonly #settings: Settings;
  readonly #brokers: BrokerEntry[] = [];
  readonly #middleware: Middleware[] = [];
  readonly #observers: Observer[] = [];
  readonly #hooks: Hooks = { afterStart: [], beforeStop: [], afterStop: [] };
  #makeState: ((stack: Teardown) => Awaitable<unknown>) | undefined;

  /**
   * Names the application, and sets what holds for all of it.
   *
   * @throws {TypeError} If the title or the version is missing, or a setting is unknown or of the wrong kind.
   * @throws {RangeError} If a number is out of its range.
   */
  constructor(info: AppInfo, settings: Settings = {}) {
    for (const name of ["title", "version"] as const) {
      if (typeof info[name] !== "string" || info[name] === "") {
        throw new TypeError(
          `Cannot make an application: its ${name} must be a string that is not empty, found ${
            JSON.stringify(info[name])
          }`,
        );
      }
    }
    checkSettings("the application", settings);
    this.info = Object.freeze({ logger: consoleLogger, ...info });
    this.#settings = Object.freeze({ ...settings });
  }

  /**
   * Makes the state before any broker connects; what it returns is `ctx.state`. What is deferred on the stack runs when the application has stopped, in reverse.
   *
   * @throws {TypeError} If a broker is there already, or a state.
   */
  withState<S>(make: (stack: Teardown) => Awaitable<S>): RustStream<S> {
    if (this.#brokers.length > 0 || this.#makeState !== undefined) {
      throw new TypeError(
        `Cannot give "${this.info.title}" a state: it must come once, before the first broker`,
      );
    }
    this.#makeState = make;
    return this as unknown as RustStream<S>;
  }

  /**
   * Adds a broker, and mounts what reads from it. Without `mount` it is published to only.
   *
   * @param options Settings of all that is mounted there, and what becomes of a lost subscription.
   * @throws {TypeError} If an option is unknown or of the wrong kind.
   */
  withBroker<C extends Connection>(
    broker: Broker<C>,
    mount?: (b: Scope<C, State>) => void,
    options: BrokerOptions = {},
  ): this {
    const { onLost, ...settings } = options;
    checkSettings(`broker "${broker.name}"`, settings);
    if (onLost !== undefined && onLost !== "stop" && onLost !== "retry") {
      throw new TypeError(
        `Cannot set broker "${broker.name}": "onLost" must be "stop" or "retry", found ${
          JSON.stringify(onLost)
        }`,
      );
    }
    const inclusions = new Inclusions(Object.freeze(settings));
    const scope = {
      include(what: unknown, how?: object) {
        inclusions.add(what, how);
        return scope;
      },
      use(middleware: Middleware) {
        inclusions.use(middleware);
        return scope;
      },
    };
    mount?.(scope as unknown as Scope<C, State>);
    this.#brokers.push({ broker, options, inclusions });
    return this;
  }

  /** Adds middleware around every handler, the first outermost. */
  use(middleware: Middleware): this {
    if (typeof middleware !== "function") {
      throw new TypeError(
        `Cannot use ${typeof middleware} as middleware: expected a function from handler to handler`,
      );
    }
    this.#middleware.push(middleware);
    return this;
  }

  /** Adds an observer of everything that happens. */
  observe(observer: Observer): this {
    this.#observers.push(observer);
    return this;
  }

  /** Runs a function when all subscriptions are open and nothing is read yet. If it throws, the start fails. */
  afterStart(hook: Hook<State>): this {
    this.#hooks.afterStart.push(hook as Hook<unknown>);
    return this;
  }

  /** Runs a function when a stop begins, brokers still connected. If it throws, the stop goes on, with a notice. */
  beforeStop(hook: Hook<State>): this {
    this.#hooks.beforeStop.push(hook as Hook<unknown>);
    return this;
  }

  /** Runs a function when the brokers are shut down. If it throws, the stop goes on, with a notice. */
  afterStop(hook: Hook<State>): this {
    this.#hooks.afterStop.push(hook as Hook<unknown>);
    return this;
  }

  /**
   * Says what is mounted where, which settings are in force, and whether the broker does it natively, the runtime does, or it is refused. Nothing connects.
   *
   * @throws {TypeError} If the application cannot start as it is.
   */
  describe(): AppDescription {
    return describePlan(this.#plan());
  }

  /**
   * Makes the state, connects the brokers in order, opens everything, and only then reads.
   *
   * What fails undoes what was done, in reverse, and rejects with one error. An abort rejects with the signal's reason.
   */
  start(options: StartOptions = {}): Promise<Running> {
    return startApp(
      {
        info: this.info,
        makeState: this.#makeState,
        hooks: this.#hooks,
        observers: [...this.#observers],
      },
      () => this.#plan(),
      options,
    );
  }

  /**
   * Starts, and resolves when the application has stopped; an abort stops it.
   *
   * Rejects if it stopped by itself or lost something, so that the process exits with an error.
   */
  async run(options: StartOptions = {}): Promise<void> {
    let running: Running;
    try {
      running = await this.start(options);
    } catch (error) {
      if (options.signal?.aborted && error === options.signal.reason) return;
      throw error;
    }
    const { lost } = await running.stopped;
    if (running.failure !== undefined) throw running.failure;
    if (lost > 0) {
      throw new Error(
        `Cannot stop "${this.info.title}" without loss: ${lost} deliveries were neither settled nor given back`,
      );
    }
  }

  #plan(): AppPlan {
    return makePlan(
      this.info,
      this.#settings,
      this.#middleware,
      this.#brokers.map(({ broker, options, inclusions }) => ({
        broker,
        options,
        inclusions: inclusions.all(),
      })),
    );
  }
}
