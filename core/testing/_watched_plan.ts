import { isElsewhere } from "../app/elsewhere.ts";
import { type SinkOf, sinkOf } from "../app/mount_options.ts";
import type {
  AppPlan,
  PlannedBroker,
  PlannedSubscriber,
} from "../app/planned.ts";
import type { Broker, Connection, ConnectOptions } from "../contract/broker.ts";
import type { Message } from "../contract/message.ts";
import type { Transacts } from "../contract/publisher.ts";
import type { Sink, Source } from "../contract/source.ts";
import type { SubscribeOptions } from "../contract/broker.ts";
import type { Subscription } from "../contract/subscription.ts";
import type { Middleware } from "../context.ts";
import type { AnyHandler } from "../definition.ts";
import type { Deps } from "../subscriber_types.ts";
import { breakable } from "./_fault_reader.ts";
import { replaced } from "./faulty_replace.ts";
import type { Published } from "./_recorder.ts";
import {
  type Origin,
  type Watch,
  watchedPublisher,
} from "./_watched_publisher.ts";

/** What a test puts around and inside every handler. */
export interface Around {
  readonly middleware: readonly Middleware[];
  readonly deps: Deps;
}

/** The same application, each handler and each publisher of it watched. */
export class WatchedPlan {
  readonly #watch: Watch;
  readonly #around: Around;
  // What a source or a sink of the user's is given: its broker's own connection.
  readonly #beneath = new WeakMap<Connection, Connection>();

  constructor(watch: Watch, around: Around) {
    this.#watch = watch;
    this.#around = around;
  }

  of({ info, brokers }: AppPlan): AppPlan {
    return { info, brokers: brokers.map((broker) => this.#broker(broker)) };
  }

  #broker(planned: PlannedBroker): PlannedBroker {
    const { broker, codec } = planned;
    return {
      ...planned,
      broker: replaced(broker, {
        connect: async (options?: ConnectOptions) =>
          this.#connection(planned, await broker.connect(this.#made(options))),
      }),
      subscriptions: planned.subscriptions.map(([first, ...others]) => [
        this.#subscriber(broker, first),
        ...others.map((other) => this.#subscriber(broker, other)),
      ]),
      codec,
    };
  }

  /** The broker outlives the process: its time is the test's. */
  #made(options: ConnectOptions = {}): ConnectOptions {
    const { line } = this.#watch;
    if (options.report !== undefined) line.reportTo(options.report);
    return { ...options, clock: line.clock };
  }

  /** What the application reads by: what is real is left as it is. */
  #opened<S extends Subscription>(subscription: S): S {
    const { line, process } = this.#watch;
    return line.isVirtual
      ? breakable(line, process, subscription)
      : subscription;
  }

  #connection(
    { broker, codec }: PlannedBroker,
    connection: Connection,
  ): Connection {
    const origin: Origin = {
      broker: broker.name,
      by: { as: "by hand" },
      nearest: codec,
    };
    const { line } = this.#watch;
    const watched = replaced(connection, {
      get state() {
        return line.isUp ? connection.state : "reconnecting";
      },
      subscribe: async (...given: Parameters<Connection["subscribe"]>) =>
        this.#opened(await connection.subscribe(...given)),
      publisher: watchedPublisher(
        this.#watch,
        origin,
        connection.publisher,
      ),
    });
    this.#beneath.set(watched, connection);
    return watched;
  }

  #subscriber(broker: Broker, planned: PlannedSubscriber): PlannedSubscriber {
    const { name, mount, policy, source, middleware, definition } = planned;
    const { recorder, process } = this.#watch;
    const { out = {} } = definition.options;
    const sink = (
      as: "slot" | "reply" | "dead-letter",
      given: SinkOf<Connection> | undefined,
      slot?: string,
    ): SinkOf<Connection> =>
      this.#sink(given, {
        broker: broker.name,
        by: { subscriber: name, as, ...(slot === undefined ? {} : { slot }) },
        nearest: policy.codec,
      });
    const origins = new WeakMap<Message, Published["by"]>();
    const { transactional } = definition.options;
    return {
      ...planned,
      definition: this.#definition(planned),
      // A transaction sends what several slots publish: each message says by which.
      publishingAs: (on, as, slot) =>
        replaced(on, {
          publish: (message: Message, options?: object) => {
            const by = {
              subscriber: name,
              as,
              ...slot !== undefined && { slot },
            };
            origins.set(message, by);
            return on.publish(message, options as never);
          },
        }),
      source: source && this.#source(source),
      mount: {
        ...mount,
        ...transactional === true && {
          transaction: this.#sink(mount.transaction, {
            broker: broker.name,
            by: { subscriber: name, as: "slot" },
            byOf: (message) => origins.get(message),
            nearest: policy.codec,
          }) as SinkOf<Connection, Transacts>,
        },
        reply: sink("reply", mount.reply),
        deadLetterSink: sink("dead-letter", mount.deadLetterSink),
        out: Object.fromEntries(
          Object.keys(out).map((slot) => [
            slot,
            sink("slot", sinkOf(mount, slot), slot),
          ]),
        ) as PlannedSubscriber["mount"]["out"] & object,
      },
      middleware: [
        (next) => (ctx) => next(recorder.enter(ctx, process)),
        ...this.#around.middleware,
        ...middleware,
      ],
    };
  }

  #definition(
    { name, definition }: PlannedSubscriber,
  ): PlannedSubscriber["definition"] {
    const { options, batch } = definition;
    const deps = { ...options.deps };
    for (const [dep, make] of Object.entries(this.#around.deps)) {
      if (Object.hasOwn(deps, dep)) deps[dep] = make;
    }
    const handle: AnyHandler = (payload, ctx) =>
      this.#watch.recorder.call(
        name,
        batch,
        ctx,
        () => definition.handle(payload, ctx),
      );
    return Object.create(definition, {
      handle: { value: handle },
      options: { value: Object.freeze({ ...options, deps }) },
    });
  }

  #source(source: Source<never>): Source<never> {
    return replaced(source, {
      open: async (connection: Connection, options?: SubscribeOptions) =>
        this.#opened(
          await source.open(this.#under(connection) as never, options),
        ),
    });
  }

  #sink(
    sink: SinkOf<Connection> | undefined,
    origin: Origin,
  ): SinkOf<Connection> {
    if (!isElsewhere(sink)) return this.#open(sink, origin);
    const { broker, sink: there } = sink;
    return { broker, sink: this.#open(there, { ...origin, broker }) };
  }

  #open(sink: Sink<never> | undefined, origin: Origin): Sink<Connection> {
    return {
      open: async (connection) => {
        const beneath = this.#under(connection);
        const publisher = sink === undefined
          ? beneath.publisher
          : await sink.open(beneath as never);
        return watchedPublisher(this.#watch, origin, publisher);
      },
    };
  }

  #under(connection: Connection): Connection {
    return this.#beneath.get(connection) ?? connection;
  }
}
