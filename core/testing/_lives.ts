import type { AppParts } from "../app/ground.ts";
import type { Starting } from "../app/starting.ts";
import { startApp } from "../app/start.ts";
import type { Running } from "../app/types.ts";
import { attempt } from "../attempt.ts";
import type { Clock } from "../contract/clock.ts";
import { onAbort } from "../contract/on_abort.ts";
import { UnrestError } from "./assertion_error.ts";
import type { FaultLine } from "./_fault_line.ts";
import { ProcessClock } from "./_process_clock.ts";
import type { Recorder } from "./_recorder.ts";
import type { Rest } from "./_rest.ts";
import type { SetUp } from "./_setting_up.ts";

/** One life of an application under test. */
export interface Life {
  readonly running: Running;
  readonly starting: Starting;
  readonly process: ProcessClock;
}

/** Options for {@linkcode Lives}. */
export interface LivesOptions {
  readonly title: string;
  readonly setUp: SetUp;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly line: FaultLine;
  readonly rest: Rest;
  readonly withinMs: number;
  /** Gives up a start when aborted. */
  readonly signal: AbortSignal | undefined;
}

/** The processes that an application under test runs in: the next one when one has died. */
export class Lives {
  readonly #options: LivesOptions;
  #first: Life | undefined;
  #now: Life | undefined;
  #isDead = false;
  #failure: Error | undefined;

  constructor(options: LivesOptions) {
    this.#options = options;
    const { line, rest } = options;
    line.onDeath = () => {
      this.#isDead = true;
      rest.dispatchers = [];
    };
    rest.revive = () => this.#isDead ? this.#revive() : undefined;
  }

  /** The latest life. */
  get now(): Life {
    return this.#now as Life;
  }

  /** Why it could not be started again, or stopped by itself. */
  get failure(): Error | undefined {
    return this.#failure ?? this.now.running.failure;
  }

  /** Whether it runs, or will again. */
  get isOver(): boolean {
    return this.#failure !== undefined ||
      (!this.#isDead && this.now.running.stopping.aborted);
  }

  /** Starts for the first time. */
  async start(): Promise<void> {
    this.#first = await this.#live();
  }

  /** Stops what lives, and then the state that all of them had. */
  async stop(options?: { readonly drainMs?: number }): ReturnType<
    Running["stop"]
  > {
    const { rest, line } = this.#options;
    line.calm();
    if (this.#isDead && this.#failure === undefined) await this.#revive();
    const report = this.#failure === undefined
      ? await rest.untilDone(this.now.running.stop(options))
      : { settled: 0, returned: 0, lost: 0 };
    await this.#endState();
    return report;
  }

  /** Ends it as it is: the process dies, and there is no other. */
  async abandon(): Promise<void> {
    this.#options.line.calm();
    this.#options.line.kill();
    await this.#letGo(this.now);
    this.#isDead = false;
    await this.#endState();
  }

  /** Those after the first had only borrowed the state; one that stopped in order has torn it down. */
  async #endState(): Promise<void> {
    if (this.#first?.process.dead !== true) return;
    const { process, starting } = this.#first;
    process.tearDown();
    await this.#options.rest.untilDone(starting.stateStack.run());
  }

  async #revive(): Promise<void> {
    await this.#letGo(this.now);
    this.#isDead = false;
    const { state } = this.now.starting;
    try {
      await this.#live(() => state);
    } catch (error) {
      this.#failure = error as Error;
      throw error;
    }
  }

  /** A broker sees that a process has died, and takes back what that had in hand. */
  async #letGo({ starting: { connections } }: Life): Promise<void> {
    const { rest } = this.#options;
    for (const connection of [...connections.values()].reverse()) {
      await rest.untilDone(attempt(() => connection.shutdown()))
        .catch(() => {});
    }
  }

  async #live(makeState?: AppParts["makeState"]): Promise<Life> {
    const { title, setUp, recorder, clock, line, rest, withinMs, signal } =
      this.#options;
    const process = new ProcessClock(clock);
    line.process = process;
    const { parts, plan } = setUp.of({ recorder, process, line }, makeState);
    const giveUp = new AbortController();
    const forget = onAbort(signal, (reason) => giveUp.abort(reason));
    let starting: Starting | undefined;
    const start = startApp(
      parts,
      () => plan,
      { clock: process, signal: giveUp.signal },
      (opened) => {
        starting = opened;
        rest.dispatchers = opened.dispatchers;
        line.dispatchers = opened.dispatchers;
      },
    );
    const running = await rest.untilDone(start, () =>
      giveUp.abort(
        new UnrestError(
          `Cannot start "${title}": it has not started after ${withinMs} ms`,
          [],
        ),
      )).finally(forget);
    this.#now = { running, process, starting: starting as unknown as Starting };
    return this.#now;
  }
}
