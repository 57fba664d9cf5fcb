import { attempt } from "../attempt.ts";
import type { Awaitable } from "../contract/awaitable.ts";
import type { Broker, Connection } from "../contract/broker.ts";
import type { Clock } from "../contract/clock.ts";
import { MessagingError } from "../contract/errors.ts";
import { onAbort } from "../contract/on_abort.ts";
import { untilAborted } from "../contract/until_aborted.ts";
import { Budget } from "../dispatch/budget.ts";
import { type Flow, flowOf } from "./drain_order.ts";
import { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Route } from "../dispatch/route.ts";
import {
  composeLayers,
  observedLayers,
} from "../publish/publish_middleware.ts";
import { RandomIds } from "../publish/message_id.ts";
import type { PublisherOf } from "../publish/publish_types.ts";
import { channelPublisher } from "../publish/publisher.ts";
import { BrokerStates } from "./broker_states.ts";
import { type AppParts, type Ground, makeGround } from "./ground.ts";
import { OpenRequests } from "./open_requests.ts";
import {
  checkRefused,
  lacksGroup,
  type Opened,
  openRoute,
  openSubscription,
} from "./open.ts";
import type { AppPlan, PlannedBroker, PlannedSubscription } from "./planned.ts";
import type { Opening } from "./open_publishers.ts";
import type { HookContext, Running } from "./types.ts";
import { OpenSubscriptions } from "./open_subscriptions.ts";
import { ending, UndoStack } from "./undo.ts";

/** A start under way: what was opened, and what undoes it. */
export class Starting {
  readonly plan: AppPlan;
  readonly ground: Ground;
  readonly undo: UndoStack;
  readonly stateStack: UndoStack;
  readonly connections: Map<string, Connection> = new Map();
  readonly brokerStates: BrokerStates;
  readonly requests: OpenRequests = new OpenRequests();
  readonly dispatchers: Dispatcher[] = [];
  /** What each dispatcher reads, and what its handlers publish to. */
  readonly flows: Flow[] = [];
  /** What is open, and what was lost but may have deliveries in hand still. */
  readonly subscriptions: OpenSubscriptions[] = [];
  /** Aborted when the start is given up, or the drain has ended. */
  readonly life: AbortController = new AbortController();
  readonly publisher: Running["publisher"];
  readonly #publishers: ReadonlyMap<PlannedBroker, object>;
  readonly #parts: AppParts;
  readonly #budget: Budget;
  readonly #random: RandomIds;
  readonly #headerless: ReadonlySet<string>;
  /** What is told to the application once it runs. */
  fail: (error: Error) => void = (error) => this.life.abort(error);
  /** Stops the application; before it runs, as soon as it does. */
  stop: () => void = () => {
    this.isStopAsked = true;
  };
  isStopAsked = false;
  lost = 0;
  state: unknown = undefined;

  constructor(parts: AppParts, plan: AppPlan, clock: Clock) {
    this.#parts = parts;
    this.plan = plan;
    this.ground = makeGround(parts, clock);
    this.brokerStates = new BrokerStates(clock);
    this.undo = new UndoStack(this.ground);
    this.stateStack = new UndoStack(this.ground);
    this.#budget = new Budget(clock);
    this.#random = new RandomIds(clock);
    this.#headerless = new Set(
      plan.brokers.flatMap(({ broker: { name, guarantees } }) =>
        guarantees.headers ? [] : [name]
      ),
    );
    this.#publishers = new Map(
      plan.brokers.map((one) => [one, this.#makePublisher(one)]),
    );
    this.publisher = this.#firstPublisher();
  }

  async run(): Promise<void> {
    const { makeState, hooks } = this.#parts;
    const { signal } = this.life;
    checkRefused(this.plan);
    this.undo.add(() => this.stateStack.run());
    if (makeState !== undefined) {
      this.state = await untilAborted(
        () => attempt(() => makeState(this.stateStack)),
        signal,
      );
    }
    for (const planned of this.plan.brokers) await this.#connect(planned);
    for (const [subscription, opening, routes] of await this.#routes()) {
      await this.#subscribe(subscription, opening, routes);
    }
    for (const hook of hooks.afterStart) {
      await untilAborted(
        () => attempt(() => hook(this.hookContext())),
        signal,
      );
    }
  }

  /** What a hook sees. */
  hookContext(signal: AbortSignal = this.life.signal): HookContext<unknown> {
    const { state, publisher, connections, ground: { log } } = this;
    return {
      state,
      publisher,
      publisherOf: (broker) => this.publisherOn(broker),
      connections,
      log,
      signal,
      stop: () => this.stop(),
    };
  }

  /**
   * The typed publisher of a broker.
   *
   * @throws {TypeError} If the application does not have it.
   */
  publisherOn<C extends Connection>(
    broker: Broker<C>,
  ): PublisherOf<C["publisher"]> {
    const { info, brokers } = this.plan;
    const planned = brokers.find((one) => one.broker.name === broker.name);
    if (planned === undefined) {
      throw new TypeError(
        `Cannot publish by "${info.title}": it has no broker "${broker.name}"`,
      );
    }
    return this.publisherOf(planned) as PublisherOf<C["publisher"]>;
  }

  /** The typed publisher of a broker, to be used once that is connected. */
  publisherOf(planned: PlannedBroker): object {
    return this.#publishers.get(planned) as object;
  }

  #makePublisher(
    { broker, codec, publishMiddleware, messageIds }: PlannedBroker,
  ): object {
    const { clock, observer } = this.ground;
    const { name } = broker;
    const around = composeLayers(
      observedLayers(publishMiddleware, observer, clock),
    );
    return channelPublisher(
      () => {
        const connection = this.connections.get(name);
        if (connection !== undefined) return connection.publisher;
        throw new TypeError(
          `Cannot publish on "${name}": it is not connected yet`,
        );
      },
      {
        codec,
        clock,
        track: this.requests.add,
        naming: messageIds && !this.#headerless.has(name)
          ? this.#random
          : undefined,
        wrap: (raw, { address }) =>
          around(raw, {
            kind: "publish",
            template: address,
            broker: name,
          }),
      },
    );
  }

  #firstPublisher(): Running["publisher"] {
    const { info, brokers: [first] } = this.plan;
    const made = first === undefined
      ? channelPublisher(() => {
        throw new TypeError(
          `Cannot publish by "${info.title}": it has no broker`,
        );
      }, {})
      : this.publisherOf(first);
    return made as Running["publisher"];
  }

  /**
   * Opens something, and gives up with the start or when the drain has ended. What comes after that is let go of when it comes.
   *
   * @param open Its signal is for the opening alone: what is open is ended in its turn.
   */
  async #open<T>(
    what: string,
    open: (signal: AbortSignal) => Promise<T>,
    letGo: (late: T) => Awaitable<unknown>,
  ): Promise<T> {
    const { signal } = this.life;
    signal.throwIfAborted();
    const giveUp = new AbortController();
    const forget = onAbort(signal, (reason) => giveUp.abort(reason));
    const opening = attempt(() => open(giveUp.signal));
    try {
      return await untilAborted(() => opening, signal);
    } catch (error) {
      opening.then((late) => ending(this.ground, what, () => letGo(late)))
        .catch(() => {});
      throw error;
    } finally {
      forget();
    }
  }

  async #connect({ broker }: PlannedBroker): Promise<void> {
    const { clock, observer } = this.ground;
    const what = `broker "${broker.name}"`;
    this.brokerStates.begin(broker.name);
    const connection = await this.#open(
      what,
      (signal) =>
        broker.connect({
          signal,
          clock,
          report: (event) => {
            if (event.kind === "lost") this.lost += event.count;
            this.brokerStates.told(broker.name, event);
            observer?.broker?.({ ...event, broker: broker.name });
          },
        }),
      (late) => late.shutdown(),
    );
    this.connections.set(broker.name, connection);
    this.brokerStates.opened(broker.name, connection);
    this.undo.defer(() => connection.shutdown(), what);
    this.#watch(broker, connection);
  }

  #watch({ name }: Broker, { closed }: Connection): void {
    void closed.then((cause) => {
      if (cause === undefined) return;
      const message = `Cannot go on: the connection of "${name}" is gone`;
      this.ground.notice({
        level: "error",
        code: "connection-lost",
        message,
        error: cause,
      });
      this.fail(new MessagingError("connection", message, { cause }));
    });
  }

  async #routes(): Promise<
    readonly [PlannedSubscription, Opening, Route[]][]
  > {
    const all: [PlannedSubscription, Opening, Route[]][] = [];
    for (const { broker, options, subscriptions } of this.plan.brokers) {
      const connection = this.connections.get(broker.name);
      if (connection === undefined) continue;
      const { clock, observer, notice } = this.ground;
      const opening: Opening = {
        broker,
        connection,
        observer,
        notice,
        onLost: options.onLost ?? "stop",
        clock,
        connections: this.connections,
        title: this.plan.info.title,
        track: this.requests.add,
        random: this.#random,
        headerless: this.#headerless,
      };
      for (const subscription of subscriptions) {
        const routes: Route[] = [];
        for (const planned of subscription) {
          routes.push(
            await untilAborted(
              () => openRoute(opening, planned),
              this.life.signal,
            ),
          );
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
    if (first === undefined) return;
    const [planned] = subscription;
    const open = (): Promise<Opened> =>
      this.#open(
        `the subscription of "${planned.name}"`,
        (signal) => openSubscription(opening, subscription, signal),
        (late) => late[Symbol.asyncDispose](),
      );
    const opened = await open();
    const all = new OpenSubscriptions(planned.name, this.ground);
    all.add(opened);
    this.subscriptions.push(all);
    this.undo.add(() => all.dispose());
    const reopen = async (): Promise<Opened> => {
      const again = await open();
      all.add(again);
      // What is in hand of the lost one may still be settled by it: then it goes with the next one, or at the stop.
      if (dispatcher.isIdle) void all.dispose(again);
      return again;
    };
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
        reopen: opening.onLost === "retry" ? reopen : undefined,
        fail: (error) => this.fail(error),
        stop: () => this.stop(),
      },
      opened,
      [first, ...others],
    );
    this.dispatchers.push(dispatcher);
    this.flows.push(flowOf(opening.broker.name, subscription));
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
