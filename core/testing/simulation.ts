import type { Awaitable } from "../contract/awaitable.ts";
import type { Broker } from "../contract/broker.ts";
import type { Message } from "../contract/message.ts";
import type { Teardown } from "../app/types.ts";
import type { AppFault } from "./app_faults.ts";
import type { PendingWait } from "./pending.ts";
import type { TestApp } from "./test_app_types.ts";
import type { TestAppOptions } from "./test_app_options.ts";
import type { PublishedBy, TestEvent, TestOutcome } from "./test_event.ts";

/** What one simulated run did, to be done again: plain data. */
export interface SimulationScript {
  /** What the random numbers of the application follow from. */
  readonly seed: number;
  /**
   * What was done, in order: `send 0` (the first of the list), `tick` (the next timer; `tick 1`: the second of those that are due with it), `advance 250` (milliseconds), or a fault by its name, `disconnect` with its milliseconds and `refusePublish` with its times behind it. Behind a fault that waits for its moment, `+1` lets one pass first.
   */
  readonly steps: readonly string[];
}

/** A message that left the application in a run. */
export interface SimulatedMessage {
  /** When, in milliseconds since the epoch, by the clock of the run. */
  readonly at: number;
  /** What was sent. */
  readonly message: Message;
  /** Who published it. */
  readonly by: PublishedBy;
}

/** A message that came to a subscriber in a run, however often. */
export interface HandledMessage {
  /** The subscriber by its name. */
  readonly subscriber: string;
  /** The broker's id of the message. Absent where it has none: then each delivery stands by itself. */
  readonly id?: string;
  /** What was sent. */
  readonly message: Message;
  /** How each delivery ended that did, in order. One that died with its process has not. */
  readonly outcomes: readonly TestOutcome[];
}

/** What happened in one simulated run. All but the state is plain data. */
export interface SimulatedRun<State = unknown> {
  /** What was done. */
  readonly script: SimulationScript;
  /** The application's state. */
  readonly state: State;
  /** All that happened, in order. */
  readonly events: readonly TestEvent[];
  /** What left the application. */
  readonly published: readonly SimulatedMessage[];
  /** What came to its subscribers. */
  readonly handled: readonly HandledMessage[];
  /** What still waits or runs at the end. */
  readonly pending: readonly PendingWait[];
  /** Messages that brokers still have at the end, as far as they know: waiting, or given out and not settled. */
  readonly backlog: number;
  /** Messages sent to addresses that are read, and never delivered. */
  readonly undelivered: readonly string[];
  /** The same messages, sent in the order of the list, with nothing going wrong. Absent on that run itself. */
  readonly faultless?: SimulatedRun<State>;
  /** What of a published message counts when two runs are compared, as text. */
  readonly output: (message: Message) => string;
  /** All events as text, a line each: equal on each runtime where the application depends on time and randomness by its clock only. */
  transcript(): string;
}

/** Something that must hold after each run. What it throws or rejects with says what is broken; its name is told too. */
export type Invariant<State = unknown> = (
  run: SimulatedRun<State>,
) => Awaitable<void>;

/** Options for {@linkcode replay}: what is sent, and what must hold. */
export interface ReplayOptions<State = unknown>
  extends Pick<TestAppOptions<State>, "deps" | "middleware"> {
  /** What is sent: each by one function, that mostly calls `t.send`. A script tells them apart by their place. */
  readonly send: readonly ((t: TestApp<State>) => Promise<unknown>)[];
  /** What must hold after each run. */
  readonly invariant: Invariant<State> | readonly Invariant<State>[];
  /** Makes the state of each run. By default the application's own is made. */
  readonly state?: (stack: Teardown) => Awaitable<State>;
  /** Make brokers that stand in for those of these names, in each run. By default each broker's in-process form does. */
  readonly brokers?: Readonly<Record<string, () => Broker>>;
  /** What of a published message counts when two runs are compared. By default its address, key and body. */
  readonly output?: (message: Message) => unknown;
  /**
   * How long nothing goes wrong at the end of a run, at most, in milliseconds by its clock: each message has that time to end.
   *
   * @default {600_000}
   */
  readonly calmMs?: number;
  /**
   * How many deliveries may be taken and handlers run, and timers at the end, before a run must have come to rest.
   *
   * @default {10_000}
   */
  readonly maxSteps?: number;
  /**
   * How long a run may take to come to rest, in milliseconds of real time: for handlers that do real work.
   *
   * @default {10_000}
   */
  readonly withinMs?: number;
  /** Gives up when aborted: rejects with the signal's reason. By default only the runs end it. */
  readonly signal?: AbortSignal;
}

/** Options for {@linkcode simulate}. */
export interface SimulateOptions<State = unknown> extends ReplayOptions<State> {
  /**
   * How many runs.
   *
   * @default {1_000}
   */
  readonly runs?: number;
  /**
   * What all runs follow from: the same seed, the same runs.
   *
   * @default {0}
   */
  readonly seed?: number;
  /** What may go wrong. By default all that the guarantees of the application's brokers allow. */
  readonly faults?: readonly AppFault[];
}

/** What a simulation that found nothing did. */
export interface SimulationReport {
  /** How many runs. */
  readonly runs: number;
  /** What they followed from. */
  readonly seed: number;
  /** How many steps in all. */
  readonly steps: number;
  /** How often each fault really happened. */
  readonly faults: Readonly<Record<string, number>>;
}
