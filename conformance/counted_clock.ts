import { sleepOn } from "@ruststream/core/contract";
import type { BenchClock } from "./bench_options.ts";

/** A clock that knows how many timers wait on it. */
export class CountedClock implements BenchClock {
  /** Moves time forward. Absent where time runs by itself. */
  readonly advance?: (ms: number) => Promise<void>;
  readonly #clock: BenchClock;
  readonly #timers = new Set<object>();

  /** Time is that of the clock beneath. */
  constructor(clock: BenchClock) {
    this.#clock = clock;
    if (clock.advance) this.advance = clock.advance.bind(clock);
  }

  /** Timers that have neither run nor been cancelled. */
  get waiting(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#clock.now();
  }

  mono(): number {
    return this.#clock.mono();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal);
  }

  after(ms: number, run: () => void): () => void {
    const timer = {};
    this.#timers.add(timer);
    const cancel = this.#clock.after(ms, () => {
      this.#timers.delete(timer);
      run();
    });
    return () => {
      this.#timers.delete(timer);
      cancel();
    };
  }

  turn(): Promise<void> {
    return this.#clock.turn();
  }

  random(): number {
    return this.#clock.random();
  }
}
