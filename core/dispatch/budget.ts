import type { Clock } from "../contract/clock.ts";

const budgetMs = 5;
const lookEvery = 16;

/**
 * One share of the event loop for all loops of an application: after 5 ms of work they all wait for one turn, so that timers and sockets run.
 *
 * Looking at the clock for each message would cost more than some handlers, so it is looked at every 16.
 */
export class Budget {
  readonly #clock: Clock;
  #count = 0;
  #since: number;
  #turn: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.mono();
  }

  /** Counts one message; a promise when it is time to let others run. */
  spend(): Promise<void> | undefined {
    if ((++this.#count & (lookEvery - 1)) !== 0) return undefined;
    if (this.#turn !== undefined) return this.#turn;
    if (this.#clock.mono() - this.#since < budgetMs) return undefined;
    this.#turn = this.#clock.turn().then(() => {
      this.#turn = undefined;
      this.#since = this.#clock.mono();
    });
    return this.#turn;
  }
}
