import type { Clock } from "@ruststream/core/contract";

const aheadMs = 20;
const most = 500;

/**
 * How many to ask for beyond what a reader wants.
 *
 * Where no number is set it is what the reader took lately in 20 ms: one that is quick does not wait for each answer of the server, and one that is slow
 * keeps nothing from others.
 */
export class Ahead {
  readonly #fixed: number | undefined;
  readonly #clock: Clock;
  #at: number;
  #before = 0;

  constructor(fixed: number | undefined, clock: Clock) {
    this.#fixed = fixed;
    this.#clock = clock;
    this.#at = clock.now();
  }

  /** Called at each wish of a reader, with how many came so far; fewer than before where the count began anew. */
  next(taken: number): number {
    if (this.#fixed !== undefined) return this.#fixed;
    const now = this.#clock.now();
    const tookMs = Math.max(1, now - this.#at);
    const lately = Math.max(0, taken - this.#before);
    this.#at = now;
    this.#before = taken;
    return Math.min(most, Math.floor(lately * aheadMs / tookMs));
  }
}
