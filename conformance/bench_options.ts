import type {
  AddressPattern,
  Awaitable,
  Broker,
  Clock,
  Connection,
  Delivery,
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
}

/** How a broker is tried: settings of the bench, never claims of the broker. */
export interface BenchOptions {
  /** Makes the broker. Called once for each check; on one server, they may all share it. */
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
  /** A secret that the broker was made with: a password, a token. Without it nobody looks whether it shows. */
  readonly secret?: string;
  /** Restarts the server. Without it nothing is restarted. */
  readonly restart?: () => Promise<void>;
  /** Cuts the network of one connection, as a broken cable does. Without it no connection is lost. */
  readonly cut?: (connection: Connection) => Awaitable<void>;
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
