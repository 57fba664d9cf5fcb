import { type Clock, sleepOn, systemClock } from "../contract/clock.ts";

/** Options for {@linkcode VirtualClock}. */
export interface VirtualClockOptions {
  /**
   * The time it begins at, in milliseconds since the epoch.
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
}

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** An application that never comes to rest must not keep `advance` for ever. */
const mostTurns = 1_000;

/**
 * A clock whose time moves only when a test says so. Nobody sleeps really.
 *
 * Only time, timers and randomness are virtual: `mono()` and `turn()` are those of the machine.
 *
 * @example An hour passes at once
 * ```ts
 * import assert from "node:assert/strict";
 * import { VirtualClock } from "@ruststream/core/testing";
 *
 * const clock = new VirtualClock();
 * const slept = clock.sleep(3_600_000);
 * await clock.advance(3_600_000);
 * await slept;
 * assert.equal(clock.now(), 3_600_000);
 * ```
 */
export class VirtualClock implements Clock {
  #now: number;
  #turning = 0;
  readonly #random: () => number;
  // In order of time, then of arming.
  readonly #timers: Timer[] = [];
  #advanced: Promise<void> = Promise.resolve();

  /** Makes a clock that stands still. */
  constructor({ startMs = 0, seed = 0 }: VirtualClockOptions = {}) {
    this.#now = startMs;
    this.#random = mulberry32(seed);
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.length;
  }

  /** When the next timer is due, by this clock; `undefined` where none waits. */
  get nextAt(): number | undefined {
    return this.#timers[0]?.at;
  }

  /** Milliseconds since the epoch, by this clock. */
  now(): number {
    return this.#now;
  }

  /** Real milliseconds of a clock that only runs forward. */
  mono(): number {
    return systemClock.mono();
  }

  /** Resolves when time was advanced so far; rejects with the signal's reason when aborted, and leaves no timer behind. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal);
  }

  /** Runs a function when time was advanced so far, never before; what it returns cancels that, and may be called at any time and twice. */
  after(ms: number, run: () => void): () => void {
    const timer: Timer = { at: this.#now + (Math.max(0, ms) || 0), run };
    const later = this.#timers.findIndex(({ at }) => at > timer.at);
    this.#timers.splice(later < 0 ? this.#timers.length : later, 0, timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  /** Lets real timers and sockets run. */
  async turn(): Promise<void> {
    this.#turning++;
    await systemClock.turn();
    this.#turning--;
  }

  /** The next number of the seed's row, from 0 up to but without 1. */
  random(): number {
    return this.#random();
  }

  /**
   * Moves time forward, and runs each timer on the way at its own time.
   *
   * The event loop turns before the first timer, after each, and at the end, so what a timer sets off runs before time goes on, and timers armed on the way run too if they are due. What a timer throws is thrown at the end, several as an AggregateError. A second call begins when the first has ended.
   *
   * @param ms How far, in milliseconds.
   * @throws {RangeError} If `ms` is not a finite number of at least 0.
   */
  advance(ms: number): Promise<void> {
    const step = (): Promise<void> => this.#advance(ms);
    this.#advanced = this.#advanced.then(step, step);
    return this.#advanced;
  }

  async #advance(ms: number): Promise<void> {
    if (!(ms >= 0 && ms < Infinity)) {
      throw new RangeError(
        `Cannot advance a clock: expected a finite number of milliseconds of at least 0, found ${ms}`,
      );
    }
    const until = this.#now + ms;
    const failures: unknown[] = [];
    await this.#settle();
    for (let next = this.#due(until); next; next = this.#due(until)) {
      this.#now = next.at;
      try {
        next.run();
      } catch (failure) {
        failures.push(failure);
      }
      await this.#settle();
    }
    this.#now = until;
    await this.#settle();
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) {
      throw new AggregateError(
        failures,
        `Cannot advance a clock cleanly: ${failures.length} timers threw`,
      );
    }
  }

  /**
   * Moves time to the next timer and runs that one alone; false where none is due by then. Nothing is waited for: what the timer sets off runs later.
   *
   * @param until The latest time, in milliseconds since the epoch. Without it, the next timer's own.
   * @param which Of several timers that are due at that very time, which runs: 0 for the one that was armed first; where there are fewer, the last.
   */
  step(until: number = Infinity, which: number = 0): boolean {
    const next = this.#due(until, which);
    if (next === undefined) return false;
    this.#now = Math.max(this.#now, next.at);
    next.run();
    return true;
  }

  #due(until: number, which = 0): Timer | undefined {
    const at = this.nextAt ?? Infinity;
    if (at > until) return undefined;
    let index = 0;
    while (index < which && this.#timers[index + 1]?.at === at) index++;
    return this.#timers.splice(index, 1)[0];
  }

  // Two in which nobody waits for a turn of this clock: how many that takes depends on how fast the machine is.
  async #settle(): Promise<void> {
    let quiet = 0;
    for (let turns = 0; quiet < 2 && turns < mostTurns; turns++) {
      await systemClock.turn();
      quiet = this.#turning > 0 ? 0 : quiet + 1;
    }
  }
}

// The generator of that name by Tommy Ettinger: 32 bits of state, even enough for jitter and shuffles.
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
