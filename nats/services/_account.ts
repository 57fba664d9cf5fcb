import type { Clock } from "@ruststream/core/contract";

/** A request that is not answered yet. */
export interface Work {
  readonly cameAt: number;
  /** When it was begun; undefined while others are in hand. */
  begunAt: number | undefined;
}

/** What an endpoint has done, counted when it is done. A request takes time from its coming, or from the end of those before it: so many are in hand at once. */
export class Account {
  requests = 0;
  errors = 0;
  lastError = "";
  processingMs = 0;
  readonly #clock: Clock;
  #most = 1;
  #inHand = 0;
  readonly #waiting = new Set<Work>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The mean of all that were counted. */
  get averageMs(): number {
    return this.requests === 0 ? 0 : this.processingMs / this.requests;
  }

  /** Says how many are in hand at once. */
  holds(most: number): void {
    this.#most = most;
  }

  came(): Work {
    const work: Work = { cameAt: this.#clock.now(), begunAt: undefined };
    if (this.#inHand < this.#most) this.#begin(work);
    else this.#waiting.add(work);
    return work;
  }

  /** It was answered, with an error where one is told. */
  done(work: Work, error?: string): void {
    // One that overtook was begun we know not when.
    const { begunAt = work.cameAt } = work;
    this.requests++;
    this.processingMs += Math.max(0, this.#clock.now() - begunAt);
    if (error !== undefined) {
      this.errors++;
      this.lastError = error;
    }
    this.gone(work);
  }

  /** It was not handled, and does not count. */
  gone(work: Work): void {
    if (work.begunAt === undefined) {
      this.#waiting.delete(work);
      return;
    }
    this.#inHand--;
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    this.#begin(next);
  }

  /** Counts from nothing on. What is in hand will count. */
  reset(): void {
    this.requests = 0;
    this.errors = 0;
    this.lastError = "";
    this.processingMs = 0;
  }

  #begin(work: Work): void {
    this.#inHand++;
    work.begunAt = this.#clock.now();
  }
}
