import type { Awaitable } from "../contract/awaitable.ts";
import type { Broker, Connection } from "../contract/broker.ts";
import type { Clock } from "../contract/clock.ts";
import type { Middleware } from "../context.ts";
import type { Logger } from "../log.ts";
import type { PublishMiddleware } from "../publish/publish_middleware.ts";
import type {
  ChannelPublisher,
  PublisherOf,
} from "../publish/publish_types.ts";
import type { Settings } from "../settings.ts";
import type { Mountable } from "../subscriber_types.ts";
import type { Fits, MountArgs } from "./fits.ts";

/** What an application is called, and what serves all of it. */
export interface AppInfo {
  /** Its name. */
  readonly title: string;
  /** Its version. */
  readonly version: string;
  /** One paragraph for documents. Without it there is none. */
  readonly description?: string;
  /**
   * Where it says what happens.
   *
   * @default {consoleLogger}
   */
  readonly logger?: Logger;
}

/** What is mounted on one broker. */
export interface Scope<C extends Connection, State> {
  /** Mounts a subscriber, or what a router holds. It compiles only where the broker has what that needs, and the application the state; the error says what is missing. */
  include<N, S, Slots>(
    what:
      & Mountable<N, S, Slots>
      & Fits<
        C,
        N,
        "this broker",
        Fits<State, S, "this application's state">
      >,
    ...mount: MountArgs<C, NoInfer<Slots>>
  ): this;
  /** Adds middleware around all that is mounted here, the first outermost. */
  use(middleware: Middleware): this;
  /** Adds middleware around all that is published on this broker or by what is mounted here, the first outermost. */
  usePublish(middleware: PublishMiddleware): this;
}

/** Options of one broker in an application: settings of all that is mounted there, and what becomes of a lost subscription. */
export interface BrokerOptions extends Settings {
  /**
   * What becomes of a subscription that ends by itself: the service stops, or it is opened again with the backoff.
   *
   * @default {"stop"}
   */
  readonly onLost?: "stop" | "retry";
}

/** What teardown is registered with, and made in the reverse order. */
export interface Teardown {
  /** Runs a function when the application has stopped, or could not start; at once where that is so already. It has five seconds. */
  defer(run: () => Awaitable<void>): void;
}

/** What a lifecycle hook sees. */
export interface HookContext<State> {
  /** What `withState` made. */
  readonly state: State;
  /** Publishes on the first broker. */
  readonly publisher: ChannelPublisher;
  /**
   * Publishes on one broker of the application, as {@linkcode Running.publisherOf} does.
   *
   * @throws {TypeError} If the application does not have that broker.
   */
  publisherOf<C extends Connection>(
    broker: Broker<C>,
  ): PublisherOf<C["publisher"]>;
  /** The live connections, by the broker's name. */
  readonly connections: ReadonlyMap<string, Connection>;
  /** Where to say what happens. */
  readonly log: Logger;
  /** Aborted when nobody waits for the hook any longer: the start was given up, the drain has ended, or an `afterStop` hook has had its five seconds. One that `afterStart` kept is aborted when the drain has ended. */
  readonly signal: AbortSignal;
  /** Stops the application; asked for by an `afterStart` hook, as soon as it runs. At once and without a promise: a hook that waited for the stop would wait for itself. */
  stop(): void;
}

/** A function at a point of the application's life. */
export type Hook<State> = (ctx: HookContext<State>) => Awaitable<void>;

/** What time an application lives by, and what ends it. */
export interface StartOptions {
  /** Gives up the start when aborted, and stops the application once it runs. By default only {@linkcode Running.stop} does. */
  readonly signal?: AbortSignal;
  /**
   * Time for everything in the application.
   *
   * @default {systemClock}
   */
  readonly clock?: Clock;
  /**
   * How long a stop waits for handlers in hand, in milliseconds.
   *
   * @default {30_000}
   */
  readonly drainMs?: number;
  /**
   * How long a stop waits after `ready` has become false and before intake ends, in milliseconds: for load balancers.
   *
   * @default {0}
   */
  readonly readyDelayMs?: number;
}

/** What became of the deliveries when an application has stopped. */
export interface StopReport {
  /** Ended as a handler or a policy decided. A retry that the broker delivers again ends one delivery and begins another, so it counts each time. */
  readonly settled: number;
  /** Given back to a broker, which delivers them again. */
  readonly returned: number;
  /** Neither: nobody will see them again. */
  readonly lost: number;
}

/** How an application is. */
export interface Health {
  /** Whether it should be left alone: false once it has stopped. */
  readonly live: boolean;
  /** Whether it takes messages: false before the start is done, while a broker is away, and from the beginning of a stop. */
  readonly ready: boolean;
  /** The state of each broker's connection. */
  readonly brokers: Readonly<Record<string, Connection["state"]>>;
}

/** An application that runs. Disposing it is {@linkcode Running.stop}. */
export interface Running extends AsyncDisposable {
  /** Aborted when a stop begins, also one that the application began by itself. */
  readonly stopping: AbortSignal;
  /** Resolves when it has stopped. */
  readonly stopped: Promise<StopReport>;
  /** Why it stopped by itself; undefined while it runs, and where somebody asked. */
  readonly failure: Error | undefined;
  /** Publishes on the first broker. */
  readonly publisher: ChannelPublisher;
  /**
   * Publishes on one broker of the application, and does what else its publisher can: ask, begin transactions, schedule.
   *
   * @throws {TypeError} If the application does not have that broker.
   */
  publisherOf<C extends Connection>(
    broker: Broker<C>,
  ): PublisherOf<C["publisher"]>;
  /** The live connections, by the broker's name. */
  readonly connections: ReadonlyMap<string, Connection>;
  /**
   * Takes no more, lets handlers finish and settle for `drainMs`, gives back the rest, and shuts the brokers down.
   *
   * A second call waits for the first; with a `drainMs` of its own it shortens the wait. A handler calls `ctx.stop()`, which it cannot await:
   * the stop waits for that handler. After one second it tells by a notice, `stop-waits`, which subscribers it waits for.
   */
  stop(options?: { readonly drainMs?: number }): Promise<StopReport>;
  /** How it is, at once and without asking a broker. */
  health(): Health;
  /** Whether nothing is in hand and, where brokers know, nothing waits for it. */
  isIdle(): Promise<boolean>;
}

/** Hooks of an application, types erased. */
export interface Hooks {
  readonly afterStart: Hook<unknown>[];
  readonly beforeStop: Hook<unknown>[];
  readonly afterStop: Hook<unknown>[];
}
