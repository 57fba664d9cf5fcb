import {
  type Awaitable,
  onAbort,
  systemClock,
} from "@ruststream/core/contract";
import type { Ending } from "./assertions.ts";
import type { BenchClock } from "./bench_options.ts";
import { unmet } from "./conformance_error.ts";

// What is done in memory is done after a few turns; what is done by the machine, after this many milliseconds of them.
const fewTurns = 8;
const graceMs = 8;

/** Waits on a clock, whether it runs by itself or is moved; and for nothing after the check is over. */
export class BenchTime {
  readonly clock: BenchClock;
  readonly #over: AbortSignal;

  constructor(clock: BenchClock, over: AbortSignal) {
    this.clock = clock;
    this.#over = over;
  }

  /** Lets so many milliseconds pass, and what they set off run. */
  async pass(ms: number): Promise<void> {
    if (this.clock.advance === undefined) {
      return await this.clock.sleep(ms, this.#over);
    }
    await this.turns();
    await this.clock.advance(ms);
    await this.turns();
  }

  /** Lets what is ready run. */
  async turns(count: number = fewTurns): Promise<void> {
    for (let i = 0; i < count; i++) await this.clock.turn();
    this.#over.throwIfAborted();
  }

  /** How a wait ends within so many milliseconds; undefined where it does not. */
  async ending<T>(
    wait: Awaitable<T>,
    ms: number,
  ): Promise<Ending<T> | undefined> {
    let ending: Ending<T> | undefined;
    const ended = Promise.resolve(wait).then(
      (value) => void (ending = { kind: "resolved", value }),
      (reason) => void (ending = { kind: "rejected", reason }),
    );
    if (this.clock.advance === undefined) {
      await this.#race(ended, ms);
      // A process that was held up runs its timers before it looks at what has arrived.
      for (let turn = 0; ending === undefined && turn < fewTurns; turn++) {
        await this.turns(1);
      }
      return ending;
    }
    const began = systemClock.mono();
    for (
      let turn = 0;
      ending === undefined &&
      (turn < fewTurns || systemClock.mono() - began < graceMs);
      turn++
    ) await this.turns(1);
    // In steps that grow: what comes early is found before time has gone far past it.
    let left = ms;
    for (let step = ms / 64; ending === undefined && left > 0; step *= 2) {
      const now = Math.min(step, left);
      left -= now;
      await this.pass(now);
    }
    return ending;
  }

  async #race(ended: Promise<unknown>, ms: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const disarm = systemClock.after(ms, resolve);
    const forget = onAbort(this.#over, reject);
    try {
      await Promise.race([ended, promise]);
    } finally {
      disarm();
      forget();
    }
  }

  /** How a wait ends. Fails where it does not within so many milliseconds. */
  async settled<T>(
    wait: Awaitable<T>,
    what: string,
    ms: number,
  ): Promise<Ending<T>> {
    const ending = await this.ending(wait, ms);
    if (ending === undefined) {
      throw unmet(
        what,
        `an end within ${ms} ms`,
        "that it still waits",
      );
    }
    return ending;
  }
}
