import type {
  AddressPattern,
  Awaitable,
  Broker,
  Clock,
  Connection,
  Delivery,
  Keeps,
  Publisher,
  Seekable,
  SubscribeOptions,
  Subscription,
} from "@ruststream/core/contract";

/** A clock that the bench may move: `VirtualClock` is one. */
export interface BenchClock extends Clock {
  /** Moves time forward. Absent where time runs by itself. */
  advance?(ms: number): Promise<void>;
}

/** How a log of the broker is read. */
export interface LogBench {
  /** Opens a subscription that can be moved. */
  open(
    connection: Connection,
    address: AddressPattern,
  ): Promise<Subscription & Seekable<unknown>>;
  /** The position of a delivery, for `seek`. */
  position(delivery: Delivery): unknown;
  /** Makes the log forget what it holds of an address now, as its retention does; new messages may take its place. Without it nothing is forgotten. */
  forget?(connection: Connection, address: string): Awaitable<void>;
}

/** How a broker is tried: settings of the bench, never claims of the broker. */
export interface BenchOptions {
  /** Makes the broker. Called for each check, and once more where another process is meant: brokers of one server share it, and one that says durable must. */
  readonly broker: () => Broker;
  /** Makes the clock of one check. By default that of the machine. */
  readonly clock?: () => BenchClock;
  /**
   * How long "nothing more comes" is, in milliseconds.
   *
   * @default {100}
   */
  readonly quietMs?: number;
  /**
   * How long what must come may take, in milliseconds.
   *
   * @default {5_000}
   */
  readonly withinMs?: number;
  /**
   * The longest that one check may take, in real milliseconds. A broker that hangs fails with the check's name.
   *
   * @default {30_000}
   */
  readonly deadlineMs?: number;
  /**
   * What every address begins with; a part that no other run has follows it.
   *
   * @default {"conformance"}
   */
  readonly prefix?: string;
  /**
   * How much of the large numbers to take: at 1, 10,000 requests are in flight and 10,000 subscriptions are opened.
   *
   * @default {1}
   */
  readonly scale?: number;
  /** The largest body that the server takes, in bytes. Without it the limit is not tried. */
  readonly maxBodyBytes?: number;
  /** How many messages may wait for one subscription before a publish rejects with `overloaded`; where it waits first, that is shorter than `withinMs`. Without it that limit is not tried. */
  readonly maxWaiting?: number;
  /** How many messages one transaction takes. Without it that limit is not tried. */
  readonly maxTransaction?: number;
  /** How many messages a subscription without a group may leave unread before some are dropped. Without it none is dropped. */
  readonly maxUnread?: number;
  /** A secret that the broker was made with: a password, a token. Without it nobody looks whether it shows. */
  readonly secret?: string;
  /** Restarts the server. Without it nothing is restarted. */
  readonly restart?: () => Promise<void>;
  /** Cuts the network of one connection, as a broken cable does: it cannot come back before `mend`. Without it no connection is lost. */
  readonly cut?: (connection: Connection) => Awaitable<void>;
  /** Joins what was cut, so that a connection that waits for it comes back. Without it a cut is for good. */
  readonly mend?: (connection: Connection) => Awaitable<void>;
  /** Makes the server take the next commit of a connection, and lose its answer. Without it no answer is lost. */
  readonly loseCommit?: (connection: Connection) => Awaitable<void>;
  /** Opens the subscriptions to try, instead of `connection.subscribe`: by the broker's own source. By default that method. */
  readonly subscribe?: (
    connection: Connection,
    address: AddressPattern,
    options: SubscribeOptions,
  ) => Promise<Subscription>;
  /** Opens the publishers to try, instead of `connection.publisher`: by the broker's own sink. By default that one. */
  readonly publisher?: (connection: Connection) => Awaitable<Publisher>;
  /** How a log is read. Without it seeking is not tried. */
  readonly log?: LogBench;
  /** What of a connection keeps messages: mostly the connection itself. Without it nobody looks at what is kept. */
  readonly kept?: (connection: Connection) => Keeps;
}

/** The options, each that has a default with its value. */
export type BenchSettings =
  & BenchOptions
  & Required<
    Pick<
      BenchOptions,
      "quietMs" | "withinMs" | "deadlineMs" | "prefix" | "scale"
    >
  >;

/** Fills in the defaults. */
export function benchSettings(options: BenchOptions): BenchSettings {
  return Object.freeze({
    ...options,
    quietMs: options.quietMs ?? 100,
    withinMs: options.withinMs ?? 5_000,
    deadlineMs: options.deadlineMs ?? 30_000,
    prefix: options.prefix ?? "conformance",
    scale: options.scale ?? 1,
  });
}
