import type {
  AddressOf,
  AnyChannel,
  InputOf,
  PayloadOf,
} from "../contract/channel.ts";
import type { RequestOptions } from "../contract/publisher.ts";
import type { StopReport } from "../app/types.ts";
import type {
  AskedChannel,
  ParamsOf,
  PublishArgs,
  PublishOptions,
} from "../publish/publish_types.ts";
import type { Handles, Subscriber } from "../subscriber_types.ts";
import type { AppFaults } from "./app_faults.ts";
import type { PendingWait } from "./pending.ts";
import type { PublishedMessages } from "./published_messages.ts";
import type { TestEvent } from "./test_event.ts";
import type { TestedSubscriber } from "./tested_subscriber.ts";

/** What a test may say of a message that it sends. */
export interface SendOptions {
  /** The broker by its name. By default the one whose subscribers read the channel, where that is one; else the first. */
  readonly broker?: string;
}

/** Options of a request of a test. */
export interface AskOptions
  extends Omit<RequestOptions, "timeoutMs">, PublishOptions, SendOptions {
  /**
   * How long to wait for the reply, in milliseconds of the clock of the test.
   *
   * @default {5_000}
   */
  readonly timeoutMs?: number;
}

/**
 * An application under test. Disposing it is {@linkcode TestApp.stop}.
 *
 * It is at rest when no handler, no work for after, no publish and no settlement of the runtime runs, over two turns of the event loop. A handler that sleeps on `ctx.clock` rests, even where it waits for something else as well; one that waits for real work only is
 * waited for. Once it has stopped, what was seen can still be looked at; all else rejects with `closed`.
 */
export interface TestApp<State = unknown> extends AsyncDisposable {
  /** Milliseconds since the epoch, by the clock of the test. */
  readonly now: number;
  /** The application's state. */
  readonly state: State;
  /** Why the application stopped by itself; undefined while it runs, and where the test stopped it. */
  readonly failure: Error | undefined;
  /** What waits or runs, and until when. */
  readonly pending: readonly PendingWait[];
  /** All that happened, in order. */
  readonly events: readonly TestEvent[];
  /** The same as text, a line each: equal on each runtime where the application depends on time and randomness by its clock only. */
  transcript(): string;
  /**
   * Sends a message, and resolves when everything that it caused has settled or waits only for the clock, across all brokers of the application.
   *
   * Rejects as {@linkcode ChannelPublisher.publish} does; with `overloaded` where the broker has no room until time moves; with an {@linkcode UnrestError} where it does not come to rest.
   */
  publish<Ch extends AnyChannel>(
    channel: Ch,
    payload: InputOf<Ch>,
    ...optionsWithParams: PublishArgs<AddressOf<Ch>, SendOptions>
  ): Promise<void>;
  /** Sends a message, and waits for the broker only. */
  send<Ch extends AnyChannel>(
    channel: Ch,
    payload: InputOf<Ch>,
    ...optionsWithParams: PublishArgs<AddressOf<Ch>, SendOptions>
  ): Promise<void>;
  /**
   * Sends a request, and resolves with the payload of its reply when everything that it caused has settled. Where the reply needs time, time moves, timer by timer, until it comes or its own `timeoutMs` has passed.
   *
   * Rejects as {@linkcode ChannelRequests.request} does.
   */
  request<Ch extends AskedChannel>(
    channel: Ch,
    payload: InputOf<Ch>,
    ...args: [unknown] extends [ParamsOf<AddressOf<Ch>>]
      ? [options?: AskOptions]
      : [options: AskOptions & ParamsOf<AddressOf<Ch>>]
  ): Promise<PayloadOf<Ch["reply"]>>;
  /** Resolves when the application is at rest. */
  settle(): Promise<void>;
  /**
   * Moves time forward, runs each timer at its own time, and waits for rest after each. A live application really waits so long.
   *
   * @param ms How far, in milliseconds. Rejects with a RangeError unless it is a finite number of at least 0.
   */
  advance(ms: number): Promise<void>;
  /**
   * What a subscriber was called with, and how that ended.
   *
   * @param handle The subscriber, or its name.
   * @param name Which of them, where it is mounted more than once.
   * @throws {TypeError} If it is not mounted, or is so more than once and no name says which.
   */
  subscriber<H extends Handles>(
    handle: Subscriber<never, never, unknown, H>,
    name?: string,
  ): TestedSubscriber<H>;
  /** The same of the subscriber of a name, whose types are not known by that. */
  subscriber(name: string): TestedSubscriber;
  /** What the application published to a channel: its handlers, the runtime for them, and whoever publishes by hand. What the test sent is not among it. */
  published<Ch extends AnyChannel>(channel: Ch): PublishedMessages<InputOf<Ch>>;
  /** Makes things go wrong between the application and its brokers, each for one moment. */
  readonly faults: AppFaults;
  /**
   * The process dies: nothing that it does reaches a broker or is told from then on, no signal is aborted, and its timers and sleeps never end. It is started again with the state it had, and takes what comes back; resolves when it is at rest.
   *
   * What its handlers did stays done. Their code cannot be stopped: what waits for nothing of the runtime goes on.
   *
   * Rejects with `unsupported` where a subscription does not deliver again what was not settled, and with what the new start rejects with.
   */
  crash(): Promise<void>;
  /** Stops the application as its own `stop` does, and resolves with its report. Handlers that sleep on the clock are given time. A second call waits for the first. */
  stop(options?: { readonly drainMs?: number }): Promise<StopReport>;
}
