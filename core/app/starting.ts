import type { Awaitable } from "../contract/awaitable.ts";
import type { Connection } from "../contract/broker.ts";
import type { Clock } from "../contract/clock.ts";
import { onAbort } from "../contract/on_abort.ts";
import { Budget } from "../dispatch/budget.ts";
import { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Route } from "../dispatch/route.ts";
import { publisher } from "../publisher.ts";
import { type AppParts, type Ground, makeGround } from "./ground.ts";
import {
  lacksGroup,
  type Opening,
  openRoute,
  openSubscription,
} from "./open.ts";
import type { AppPlan, PlannedBroker, PlannedSubscription } from "./plan.ts";
import type { AppInfo, HookContext, Running } from "./types.ts";
import { UndoStack } from "./undo.ts";

/** Resolves with the work, or rejects with the signal's reason, whichever is first. */
export async function orAbort<T>(
  work: Awaitable<T>,
  signal: AbortSignal,
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const forget = onAbort(signal, reject);
  try {
    return await Promise.race([work, promise]);
  } finally {
    forget();
  }
}

/** A start under way: what was opened, and what undoes it. */
export class Starting {
  readonly ground: Ground;
  readonly undo: UndoStack = new UndoStack();
  readonly stateStack: UndoStack = new UndoStack();
  readonly connections: Map<string, Connection> = new Map();
  readonly dispatchers: Dispatcher[] = [];
  readonly signal: AbortSignal;
  readonly #parts: AppParts;
  readonly #budget: Budget;
  /** What is told to the application once it runs. */
  fail: (error: Error) => void;
  lost = 0;
  state: unknown = undefined;

  constructor(parts: AppParts, clock: Clock, starting: AbortController) {
    this.#parts = parts;
    this.ground = makeGround(parts, clock);
    this.#budget = new Budget(clock);
    this.signal = starting.signal;
    this.fail = (error) => starting.abort(error);
  }

  async run(plan: AppPlan): Promise<void> {
    const { makeState, hooks } = this.#parts;
    this.undo.defer(async () => {
      const errors = await this.stateStack.run();
      if (errors.length > 0) {
        throw new AggregateError(errors, "Cannot undo the state");
      }
    });
    if (makeState !== undefined) {
      this.state = await orAbort(makeState(this.stateStack), this.signal);
    }
    for (const planned of plan.brokers) await this.#connect(planned);
    const routes = await this.#routes(plan);
    for (const [subscription, opening, opened] of routes) {
      await this.#subscribe(subscription, opening, opened);
    }
    for (const hook of hooks.afterStart) {
      await orAbort(hook(this.hookContext(this.signal)), this.signal);
    }
  }

  /** What a hook sees. */
  hookContext(signal: AbortSignal): HookContext<unknown> {
    return {
      state: this.state,
      publisher: firstPublisher(this.ground.info, this.connections),
      log: this.ground.log,
      signal,
    };
  }

  async #connect({ broker }: PlannedBroker): Promise<void> {
    const { clock, observer } = this.ground;
    this.signal.throwIfAborted();
    const connecting = broker.connect({
      signal: this.signal,
      clock,
      report: (event) => {
        if (event.kind === "lost") this.lost += event.count;
        observer?.broker?.({ ...event, broker: broker.name });
      },
    });
    let connection: Connection;
    try {
      connection = await orAbort(connecting, this.signal);
    } catch (error) {
      // A connection that comes after the start was given up is shut down when it comes.
      connecting.then((late) => late.shutdown()).catch(() => {});
      throw error;
    }
    this.connections.set(broker.name, connection);
    this.undo.defer(() => connection.shutdown());
    connection.closed.then((cause) => {
      if (cause === undefined) return;
      const message =
        `Cannot go on: the connection of "${broker.name}" is gone`;
      this.ground.notice({
        level: "error",
        code: "connection-lost",
        message,
        error: cause,
      });
      this.fail(new Error(message, { cause }));
    });
  }

  async #routes(
    plan: AppPlan,
  ): Promise<readonly [PlannedSubscription, Opening, Route[]][]> {
    const all: [PlannedSubscription, Opening, Route[]][] = [];
    for (const { broker, options, subscriptions } of plan.brokers) {
      const connection = this.connections.get(broker.name);
      if (connection === undefined) continue;
      const { clock, observer, notice } = this.ground;
      const opening: Opening = {
        broker,
        connection,
        signal: this.signal,
        observer,
        notice,
        onLost: options.onLost ?? "stop",
        now: () => clock.now(),
      };
      for (const subscription of subscriptions) {
        const routes: Route[] = [];
        for (const planned of subscription) {
          routes.push(await orAbort(openRoute(opening, planned), this.signal));
        }
        all.push([subscription, opening, routes]);
      }
    }
    return all;
  }

  async #subscribe(
    subscription: PlannedSubscription,
    opening: Opening,
    [first, ...others]: Route[],
  ): Promise<void> {
    this.signal.throwIfAborted();
    if (first === undefined) return;
    // The signal is the start's alone: a stop cancels or drains each subscription by itself.
    const open = new AbortController();
    const forget = onAbort(this.signal, (reason) => open.abort(reason));
    const how = { ...opening, signal: open.signal };
    const opened = await openSubscription(how, subscription).finally(forget);
    const [planned] = subscription;
    const { clock, log, observer, notice } = this.ground;
    const dispatcher = new Dispatcher(
      {
        clock,
        budget: this.#budget,
        state: this.state,
        log,
        guarantees: opened.guarantees,
        observer,
        notice,
        reopen: opening.onLost === "retry"
          ? () =>
            openSubscription({ ...opening, signal: this.signal }, subscription)
          : undefined,
        fail: (error) => this.fail(error),
      },
      opened,
      [first, ...others],
    );
    this.dispatchers.push(dispatcher);
    this.undo.defer(() => dispatcher.subscription[Symbol.asyncDispose]());
    if (lacksGroup(opening, planned, opened)) this.#warnGroup(planned.name);
  }

  #warnGroup(name: string): void {
    this.ground.notice({
      level: "warn",
      code: "no-group",
      subscriber: name,
      message:
        `Cannot share the deliveries of "${name}" among replicas: it has no group, so each gets each message; say fanOut: true if that is meant`,
    });
  }
}

/** The typed publisher of the first broker. */
export function firstPublisher(
  info: AppInfo,
  connections: ReadonlyMap<string, Connection>,
): Running["publisher"] {
  const [first] = connections.values();
  if (first !== undefined) return publisher(first);
  return {
    publish() {
      return Promise.reject(
        new TypeError(`Cannot publish by "${info.title}": it has no broker`),
      );
    },
  };
}
