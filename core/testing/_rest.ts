import { systemClock } from "../contract/clock.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { UnrestError } from "./assertion_error.ts";
import { pendingLine, type PendingWait } from "./pending.ts";
import type { Recorder } from "./_recorder.ts";
import type { TestClock } from "./_test_clock.ts";
import { eventLine, type TestEvent } from "./test_event.ts";

/** Turns of the event loop in which nothing moves: then nothing will. */
const quietTurns = 2;
/** The same while a publish waits: a broker may need a few to take it. */
const patientTurns = 10;
/** After so many turns without a move, real time is waited for more slowly. */
const spins = 200;
const shown = 10;

/** What is looked at, and how long. */
export interface RestOptions {
  readonly recorder: Recorder;
  /** Absent where time is real. */
  readonly clock: TestClock | undefined;
  readonly maxSteps: number;
  readonly withinMs: number;
  readonly quietMs: number;
  readonly pending: () => readonly PendingWait[];
  /** Gives up waiting for rest when aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Waits until an application under test has come to rest. */
export class Rest {
  /** What is looked at; set at the start. */
  dispatchers: readonly Dispatcher[] = [];
  /** Told when something goes round without end: it would take the machine with it. */
  onEndless: () => void = () => {};
  /** Starts again what has died; undefined where nothing has. */
  revive: () => Promise<void> | undefined = () => undefined;
  readonly #options: RestOptions;
  #steps = 0;
  #from = 0;

  constructor(options: RestOptions) {
    this.#options = options;
    options.recorder.onStep = () => void this.#steps++;
  }

  /**
   * Resolves when nothing runs that the clock does not hold up, and nothing has moved for a while.
   *
   * Ends: at rest; too many steps; not at rest in time.
   */
  async untilQuiet(): Promise<void> {
    this.#begin();
    if (this.#options.clock === undefined) return await this.#untilStill();
    for (;;) {
      await this.#untilStuck();
      const reviving = this.revive();
      if (reviving !== undefined) await reviving;
      // What is due now waits for nothing.
      else if (!this.step(this.#options.clock.now())) return;
    }
  }

  /** The same until something is over as well: while it is not, time moves, timer by timer. */
  async untilOver(isOver: () => boolean): Promise<void> {
    const startedAt = systemClock.mono();
    for (;;) {
      await this.untilQuiet();
      if (isOver()) return;
      // Nothing that the clock holds up is left: it needs real time.
      if (!this.step()) await systemClock.turn();
      this.#check(startedAt);
    }
  }

  /** Runs the next timer by then, or another one that is due with it; false where there is none. */
  step(until?: number, which?: number): boolean {
    const { clock, recorder } = this.#options;
    if (clock?.step(until, which) !== true) return false;
    this.#steps++;
    recorder.moves++;
    return true;
  }

  /**
   * Waits for work that may need real time; where only the clock holds it up, time moves. When nothing has happened for `withinMs` it moves in any case, so what hangs is cut short by limits of its own.
   *
   * @param onLate Told when that much has passed, maybe more than once.
   */
  async untilDone<T>(work: Promise<T>, onLate = (): void => {}): Promise<T> {
    this.#begin();
    const { recorder, clock, withinMs } = this.#options;
    let done = false;
    const over = (): void => void (done = true);
    work.then(over, over);
    const wait = new Spin();
    for (
      let moves = recorder.moves, movedAt = systemClock.mono();
      !done;
      moves = recorder.moves
    ) {
      await wait.turn();
      if (recorder.moves !== moves) movedAt = systemClock.mono();
      if (done || wait.turns < quietTurns) continue;
      const late = systemClock.mono() - movedAt > withinMs;
      if (late) onLate();
      const mayMove = late || this.#sleeps && this.#busy - this.#held <= 0;
      if (clock === undefined) continue;
      // What is due now waits for nothing.
      if (this.step(mayMove ? undefined : clock.now())) wait.reset();
    }
    return await work;
  }

  #begin(): void {
    this.#steps = 0;
    this.#from = this.#options.recorder.events.length;
  }

  async #untilStuck(): Promise<void> {
    const { recorder } = this.#options;
    const wait = new Spin();
    const startedAt = systemClock.mono();
    for (let moves = recorder.moves;;) {
      await wait.turn();
      this.#check(startedAt);
      if (recorder.moves !== moves) {
        moves = recorder.moves;
        wait.reset();
      }
      const turns = recorder.underWay.size > 0 ? patientTurns : quietTurns;
      if (wait.turns >= turns && this.#busy - this.#held <= 0) return;
    }
  }

  /** The same on the real clock: nothing is under way, and nothing has moved for `quietMs`. */
  async #untilStill(): Promise<void> {
    const { recorder, quietMs } = this.#options;
    const startedAt = systemClock.mono();
    let movedAt = startedAt;
    for (let moves = recorder.moves;;) {
      await systemClock.sleep(Math.min(5, quietMs));
      this.#check(startedAt);
      const now = systemClock.mono();
      if (recorder.moves !== moves || await this.#isBusyLive()) {
        moves = recorder.moves;
        movedAt = now;
      }
      if (now - movedAt >= quietMs) return;
    }
  }

  /** What runs, is being settled, or is being looked at. */
  get #busy(): number {
    const { recorder } = this.#options;
    const runs = new Set<unknown>();
    let busy = 0;
    for (const { parts: [floor, settling] } of this.dispatchers) {
      busy += settling.pending;
      for (const job of floor.inHand.all()) {
        if (job.run !== undefined) {
          const sleeps = recorder.sleepsUntil(job.run) !== undefined;
          if (!sleeps) runs.add(job.run);
        } else if (
          job.go === undefined && !job.isDecoded && job.outgoing === undefined
        ) busy++;
      }
    }
    return busy + runs.size;
  }

  /** How many of those only wait for a broker of this process, which moves at once or when time does, or sleep after their settlement. */
  get #held(): number {
    const { recorder } = this.#options;
    const after = this.dispatchers.reduce(
      (sum, { parts: [, settling] }) => sum + settling.pending,
      0,
    );
    return recorder.underWay.size + Math.min(recorder.lateSleeps, after);
  }

  /** Whether a handler sleeps on the clock. */
  get #sleeps(): boolean {
    return this.#options.pending().some(({ why }) => why === "handler") ||
      this.#options.recorder.lateSleeps > 0;
  }

  async #isBusyLive(): Promise<boolean> {
    const { recorder } = this.#options;
    if (this.#busy > 0 || this.#sleeps || recorder.underWay.size > 0) {
      return true;
    }
    for (const { subscription, routes: [{ name }] } of this.dispatchers) {
      const delayed = recorder.delayed.filter((one) => one.subscriber === name);
      const backlog = await subscription.backlog?.().catch(() => undefined);
      if ((backlog?.waiting ?? 0) > delayed.length) return true;
    }
    return false;
  }

  #check(startedAt: number): void {
    const { maxSteps, withinMs, signal } = this.#options;
    signal?.throwIfAborted();
    if (this.#steps > maxSteps) {
      const error = this.#endless();
      this.onEndless();
      throw error;
    }
    if (systemClock.mono() - startedAt <= withinMs) return;
    throw this.#unrest(
      `Cannot come to rest in ${withinMs} ms: ${
        this.#waits(" still runs or waits")
      }`,
      this.#options.recorder.events,
    );
  }

  #waits(what: string): string {
    const pending = this.#options.pending();
    return pending.length === 0
      ? "something that is not in hand moves on"
      : `${pending.length}${what}, ${
        pending.slice(0, shown).map(pendingLine).join("; ")
      }`;
  }

  /** Names what goes round: who ran most, and who else did. */
  #endless(): UnrestError {
    const { recorder, maxSteps } = this.#options;
    const since = recorder.events.slice(this.#from);
    const runs = new Map<string, number>();
    for (const { kind, subscriber = "" } of since) {
      const ran = kind === "started" ? 1 : 0;
      runs.set(subscriber, (runs.get(subscriber) ?? 0) + ran);
    }
    const [[who, times] = ["", 0], ...others] = [...runs]
      .filter(([name]) => name !== "")
      .sort(([, a], [, b]) => b - a);
    const own = since.filter(({ subscriber }) => subscriber === who);
    const { address, attempt } =
      own.findLast((event) => event.attempt !== undefined) ?? {};
    const outcomes = own.flatMap((event) =>
      event.kind === "settled" ? [event.outcome] : []
    );
    const also = others.filter(([, ran]) => ran > times / 2)
      .map(([name, ran]) => `; so did "${name}" ${ran} times`);
    return this.#unrest(
      `Cannot come to rest after ${maxSteps} steps: "${who}" of ${address} ran ${times} times, its latest attempt is ${attempt}, its latest outcomes are ${
        outcomes.slice(-5).join(", ") || "none"
      }${also.join("")}`,
      own,
    );
  }

  #unrest(message: string, events: readonly TestEvent[]): UnrestError {
    const lines = events.slice(-shown).map(eventLine).join("\n");
    return new UnrestError(
      `${message}\n\nThe latest events:\n${lines}`,
      this.#options.pending(),
    );
  }
}

/** Lets others run: turn by turn, and after many turns more slowly. */
class Spin {
  turns = 0;
  #all = 0;

  async turn(): Promise<void> {
    if (this.#all < spins) await systemClock.turn();
    else await systemClock.sleep(1);
    this.turns++;
    this.#all++;
  }

  /** Something has moved. */
  reset(): void {
    this.turns = 0;
    this.#all = 0;
  }
}
