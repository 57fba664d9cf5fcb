import type { Awaitable } from "../contract/awaitable.ts";
import type { Broker, Connection } from "../contract/broker.ts";
import { MessagingError } from "../contract/errors.ts";
import type { Middleware } from "../context.ts";
import { consoleLogger, type Logger } from "../log.ts";
import type { Observer } from "../observe.ts";
import {
  checkKnown,
  checkSettings,
  foundText,
  refuseOption,
} from "../check_settings.ts";
import type { PublishMiddleware } from "../publish/publish_middleware.ts";
import type { Settings } from "../settings.ts";
import { type AppDescription, describePlan } from "./describe.ts";
import { type Insides, keepInsides } from "./insides.ts";
import { makePlan } from "./plan.ts";
import { Inclusions } from "./router.ts";
import { startApp } from "./start.ts";
import { StatusBoard } from "./status.ts";
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

const known = ["title", "version", "description", "logger"];

function isLogger(found: unknown): found is Logger {
  return ["debug", "info", "warn", "error"].every((level) =>
    typeof (found as Record<string, unknown> | null)?.[level] === "function"
  );
}

function checkFunction<T>(what: string, found: T): T {
  if (typeof found === "function") return found;
  throw new TypeError(
    `Cannot use ${foundText(found)} as ${what}: expected a function`,
  );
}

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
  readonly #publishMiddleware: PublishMiddleware[] = [];
  readonly #observers: Observer[] = [];
  readonly #status = new StatusBoard();
  readonly #hooks: Hooks = { afterStart: [], beforeStop: [], afterStop: [] };
  #makeState: ((stack: Teardown) => Awaitable<unknown>) | undefined;

  /**
   * Names the application, and sets what holds for all of it.
   *
   * @throws {TypeError} If the title or the version is missing, or a setting is unknown or of the wrong kind.
   * @throws {RangeError} If a number is out of its range.
   */
  constructor(info: AppInfo, settings: Settings = {}) {
    checkKnown("the application", info, known);
    for (const name of ["title", "version"] as const) {
      if (typeof info[name] !== "string" || info[name] === "") {
        throw new TypeError(
          `Cannot make an application: its ${name} must be a string that is not empty, found ${
            foundText(info[name])
          }`,
        );
      }
    }
    if (info.logger !== undefined && !isLogger(info.logger)) {
      refuseOption("the application", "logger", "a logger", info.logger);
    }
    checkSettings("the application", settings);
    this.info = Object.freeze({ logger: consoleLogger, ...info });
    this.#settings = Object.freeze({ ...settings });
    keepInsides(this, () => this.#insides());
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
    this.#makeState = checkFunction("a state", make);
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
    if (typeof broker?.connect !== "function") {
      throw new TypeError(
        `Cannot add a broker to "${this.info.title}": expected a broker, found ${
          foundText(broker)
        }`,
      );
    }
    const { onLost, ...settings } = options;
    checkSettings(`broker "${broker.name}"`, settings);
    if (onLost !== undefined && onLost !== "stop" && onLost !== "retry") {
      refuseOption(
        `broker "${broker.name}"`,
        "onLost",
        'one of "stop", "retry"',
        onLost,
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
      usePublish(middleware: PublishMiddleware) {
        inclusions.usePublish(middleware);
        return scope;
      },
    };
    mount?.(scope as unknown as Scope<C, State>);
    this.#brokers.push({ broker, options, inclusions });
    return this;
  }

  /** Adds middleware around every handler, the first outermost. */
  use(middleware: Middleware): this {
    this.#middleware.push(checkFunction("middleware", middleware));
    return this;
  }

  /** Adds middleware around every publish, the first outermost. */
  usePublish(middleware: PublishMiddleware): this {
    this.#publishMiddleware.push(checkFunction("middleware", middleware));
    return this;
  }

  /** Adds an observer of everything that happens. */
  observe(observer: Observer): this {
    if (typeof observer !== "object" || observer === null) {
      throw new TypeError(
        `Cannot observe "${this.info.title}": expected an object of hooks, found ${
          foundText(observer)
        }`,
      );
    }
    this.#observers.push(observer);
    return this;
  }

  /** Runs a function when all subscriptions are open and nothing is read yet. If it throws, the start fails. */
  afterStart(hook: Hook<State>): this {
    this.#addHook("afterStart", hook);
    return this;
  }

  /** Runs a function when a stop begins, brokers still connected, within the time of the drain. If it throws, the stop goes on, with a notice. */
  beforeStop(hook: Hook<State>): this {
    this.#addHook("beforeStop", hook);
    return this;
  }

  /** Runs a function when the brokers are shut down. If it throws, or takes longer than five seconds, the stop goes on, with a notice. */
  afterStop(hook: Hook<State>): this {
    this.#addHook("afterStop", hook);
    return this;
  }

  /**
   * Says what is mounted where, which settings are in force, and whether the broker does it natively, the runtime does, or it is refused. Nothing connects.
   *
   * @throws {TypeError} If the application cannot start as it is.
   */
  describe(): AppDescription {
    const { plan, brokers } = this.#insides();
    return describePlan(plan(brokers));
  }

  /**
   * Makes the state, connects the brokers in order, opens everything, and only then reads.
   *
   * What fails undoes what was done, in reverse, and rejects with one error. An abort rejects with the signal's reason.
   */
  start(options: StartOptions = {}): Promise<Running> {
    const { parts, plan, brokers } = this.#insides();
    return startApp(parts, () => plan(brokers), options);
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
      throw new MessagingError(
        "closed",
        `Cannot stop "${this.info.title}" without loss: ${lost} deliveries were neither settled nor given back`,
      );
    }
  }

  #addHook(name: keyof Hooks, hook: Hook<State>): void {
    this.#hooks[name].push(checkFunction(name, hook) as Hook<unknown>);
  }

  #insides(): Insides {
    const { afterStart, beforeStop, afterStop } = this.#hooks;
    return {
      parts: {
        info: this.info,
        makeState: this.#makeState,
        hooks: {
          afterStart: [...afterStart],
          beforeStop: [...beforeStop],
          afterStop: [...afterStop],
        },
        observers: [...this.#observers],
        status: this.#status,
      },
      brokers: this.#brokers.map(({ broker, options, inclusions }) => ({
        broker,
        options,
        inclusions: inclusions.all(),
        publishMiddleware: inclusions.publishMiddleware,
      })),
      plan: (brokers) =>
        makePlan(
          this.info,
          this.#settings,
          {
            middleware: this.#middleware,
            publishMiddleware: this.#publishMiddleware,
          },
          brokers,
        ),
    };
  }
}
