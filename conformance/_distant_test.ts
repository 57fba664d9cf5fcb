// A broker over memory that is far away, so that an abort finds each call under way. There is no test in it.
import {
  type Awaitable,
  type Broker,
  type Connection,
  type ConnectOptions,
  type Delivery,
  type Message,
  type Requests,
  type Schedules,
  type Seekable,
  systemClock,
  type Transaction,
  type Transacts,
} from "@ruststream/core/contract";
import { type Fault, faulty } from "@ruststream/core/testing";

type Options = { readonly signal?: AbortSignal } | undefined;

/** Half of the way. */
async function hop(options: Options): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    options?.signal?.throwIfAborted();
    await systemClock.turn();
  }
  options?.signal?.throwIfAborted();
}

/** There and back. An abort ends the wait wherever it is; what was made there is undone. */
async function trip<T>(
  options: Options,
  run: () => Awaitable<T>,
  undo: (made: Awaited<T>) => unknown = () => {},
): Promise<Awaited<T>> {
  await hop(options);
  const made = await run();
  try {
    await hop(options);
  } catch (reason) {
    await undo(made);
    throw reason;
  }
  return made;
}

function far(open: Transaction): Transaction {
  return {
    confirms: open.confirms,
    publish: (message, options) =>
      trip(options, () => open.publish(message, options)),
    commit: (options) => trip(options, () => open.commit(options)),
    [Symbol.asyncDispose]: () =>
      trip(undefined, () => open[Symbol.asyncDispose]()),
  };
}

/** What of each connection is on its way, and to be waited for at its shutdown. */
class OnTheWay {
  readonly #all = new WeakMap<Connection, Set<Promise<unknown>>>();

  add<T>(connection: Connection, sent: Promise<T>): Promise<T> {
    const all = this.#all.get(connection) ?? new Set();
    this.#all.set(connection, all.add(sent));
    const forget = (): void => void all.delete(sent);
    sent.then(forget, forget);
    return sent;
  }

  async ended(connection: Connection): Promise<void> {
    await Promise.allSettled(this.#all.get(connection) ?? []);
  }
}

function distance(): Fault {
  const way = new OnTheWay();
  return {
    breaks: "Nothing: it is far away.",
    connection: (connection) => ({
      shutdown: async () => {
        await way.ended(connection);
        await connection.shutdown();
      },
      [Symbol.asyncDispose]: async () => {
        await way.ended(connection);
        await connection.shutdown();
      },
      subscribe: (
        ...[address, options]: Parameters<Connection["subscribe"]>
      ) =>
        trip(
          options,
          () => connection.subscribe(address, options),
          (made) => made[Symbol.asyncDispose](),
        ),
    }),
    publisher: (publisher, connection) => {
      const all = publisher as
        & typeof publisher
        & Requests
        & Transacts
        & Schedules;
      return {
        publish: (message: Message, options: Options) =>
          way.add(
            connection,
            trip(options, () => publisher.publish(message, options)),
          ),
        request: (...[message, options]: Parameters<Requests["request"]>) =>
          trip(options, () => all.request(message, options)),
        begin: (options: Options) =>
          trip(
            options,
            async () => far(await all.begin(options)),
            (made) => made[Symbol.asyncDispose](),
          ),
        schedule: (
          ...[message, at, options]: Parameters<Schedules["schedule"]>
        ) => trip(options, () => all.schedule(message, at, options)),
      };
    },
    subscription: (subscription) =>
      "seek" in subscription
        ? {
          seek: (
            ...[position, options]: Parameters<Seekable<unknown>["seek"]>
          ) =>
            trip(
              options,
              () =>
                (subscription as unknown as Seekable<unknown>)
                  .seek(position, options),
            ),
        }
        : {},
    delivery: (delivery, { connection }) => ({
      settle: (...given: Parameters<Delivery["settle"]>) =>
        way.add(connection, trip(undefined, () => delivery.settle(...given))),
    }),
  };
}

/** The same broker, far away. */
export function distant(broker: Broker): Broker {
  const beyond = faulty(broker, distance());
  return {
    name: broker.name,
    guarantees: broker.guarantees,
    describe: () => broker.describe(),
    connect: (options?: ConnectOptions) =>
      trip(
        options,
        () => beyond.connect(options),
        (made) => made.shutdown(),
      ),
  };
}
