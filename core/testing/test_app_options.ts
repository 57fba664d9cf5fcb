import type { Awaitable } from "../contract/awaitable.ts";
import type { Broker } from "../contract/broker.ts";
import type { Middleware } from "../context.ts";
import type { Logger } from "../log.ts";
import type { Teardown } from "../app/types.ts";
import type { AppFault } from "./app_faults.ts";
import type { Deps } from "../subscriber_types.ts";

/** Options for {@linkcode testApp}: what stands in for parts of the application, and how its time goes. */
export interface TestAppOptions<State = unknown> {
  /** Stands in for what `withState` makes, or makes it; that one is not called, so nothing of it is torn down. By default the application's own is made. */
  readonly state?: State | ((stack: Teardown) => Awaitable<State>);
  /** Stand in for the deps of these names, of every subscriber that declares them. By default each has its own. */
  readonly deps?: Deps;
  /** Stand in for the brokers of these names, as they are. By default each broker's in-process form does. */
  readonly brokers?: Readonly<Record<string, Broker>>;
  /** Added around all of the application's own, the first outermost. By default there is none. */
  readonly middleware?: readonly Middleware[];
  /**
   * Where the application says what happens. By default nowhere: notices are events.
   */
  readonly logger?: Logger;
  /**
   * The time that it begins at, in milliseconds since the epoch.
   *
   * @default {0}
   */
  readonly startMs?: number;
  /**
   * What its random numbers follow from: the same seed gives the same numbers.
   *
   * @default {0}
   */
  readonly seed?: number;
  /** What goes wrong now and then, by the seed: each event of it says which. By default nothing does. */
  readonly faults?: readonly AppFault[];
  /**
   * How often each of the faults happens where it can, from 0 to 1.
   *
   * @default {0.1}
   */
  readonly faultRate?: number;
  /**
   * How many deliveries may be taken and handlers run before it comes to rest. One more, and waiting for it rejects with an error that names what goes round, and the application is stopped.
   *
   * @default {100_000}
   */
  readonly maxSteps?: number;
  /**
   * How long to wait for it to come to rest, in milliseconds of real time: for handlers that do real work.
   *
   * @default {10_000}
   */
  readonly withinMs?: number;
  /**
   * Runs on the real brokers and the real clock. It is at rest when nothing has moved for `quietMs`, and `advance` really waits.
   *
   * @default {false}
   */
  readonly live?: boolean;
  /**
   * How long nothing may move before a live application counts as at rest, in milliseconds.
   *
   * @default {50}
   */
  readonly quietMs?: number;
}
