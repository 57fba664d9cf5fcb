import { isElsewhere } from "../app/elsewhere.ts";
import type { SinkOf } from "../app/mount_options.ts";
import type {
  AppPlan,
  PlannedBroker,
  PlannedSubscriber,
} from "../app/planned.ts";
import type { Broker, Connection, ConnectOptions } from "../contract/broker.ts";
import type { Sink, Source } from "../contract/source.ts";
import type { SubscribeOptions } from "../contract/broker.ts";
import type { Middleware } from "../context.ts";
import type { AnyHandler } from "../definition.ts";
import type { Deps } from "../subscriber_types.ts";
import { replaced } from "./faulty_replace.ts";
import type { Recorder } from "./_recorder.ts";
import { type Origin, watchedPublisher } from "./_watched_publisher.ts";

/** What a test puts around and inside every handler. */
export interface Around {
  readonly middleware: readonly Middleware[];
  readonly deps: Deps;
}

/** The same application, each handler and each publisher of it watched. */
export class WatchedPlan {
  readonly #recorder: Recorder;
  readonly #around: Around;
  // What a source or a sink of the user's is given: its broker's own connection.
  readonly #beneath = new WeakMap<Connection, Connection>();

  constructor(recorder: Recorder, around: Around) {
    this.#recorder = recorder;
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
          this.#connection(planned, await broker.connect(options)),
      }),
      subscriptions: planned.subscriptions.map(([first, ...others]) => [
        this.#subscriber(broker, first),
        ...others.map((other) => this.#subscriber(broker, other)),
      ]),
      codec,
    };
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
    const watched = replaced(connection, {
      publisher: watchedPublisher(
        this.#recorder,
        origin,
        connection.publisher,
      ),
    });
    this.#beneath.set(watched, connection);
    return watched;
  }

  #subscriber(broker: Broker, planned: PlannedSubscriber): PlannedSubscriber {
    const { name, mount, policy, source, middleware, definition } = planned;
    const { out = {} } = definition.options;
    const sinks: Readonly<Record<string, SinkOf<Connection>>> = mount.out ?? {};
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
    return {
      ...planned,
      definition: this.#definition(planned),
      source: source && this.#source(source),
      mount: {
        ...mount,
        reply: sink("reply", mount.reply),
        deadLetterSink: sink("dead-letter", mount.deadLetterSink),
        out: Object.fromEntries(
          Object.keys(out).map((slot) => [
            slot,
            sink("slot", sinks[slot], slot),
          ]),
        ) as PlannedSubscriber["mount"]["out"] & object,
      },
      middleware: [
        (next) => (ctx) => next(this.#recorder.enter(ctx)),
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
      this.#recorder.call(
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
      open: (connection: Connection, options?: SubscribeOptions) =>
        source.open(this.#under(connection) as never, options),
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
        return watchedPublisher(this.#recorder, origin, publisher);
      },
    };
  }

  #under(connection: Connection): Connection {
    return this.#beneath.get(connection) ?? connection;
  }
}
