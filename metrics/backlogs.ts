import type { SubscribedEvent } from "@ruststream/core";
import type { Clock } from "@ruststream/core/contract";
import type { SubscriberSeries } from "./delivery_series.ts";

type Ask = NonNullable<SubscribedEvent["backlog"]>;

/** Asks brokers what waits there, when somebody scrapes: all at once, not for long, and not often. */
export class Backlogs {
  readonly #clock: Pick<Clock, "now" | "sleep">;
  readonly #maxAgeMs: number;
  readonly #withinMs: number;
  readonly #asked = new Map<SubscriberSeries, Ask>();
  #at = -Infinity;
  #round = 0;
  #pending: Promise<void> | undefined = undefined;

  constructor(
    clock: Pick<Clock, "now" | "sleep">,
    maxAgeMs: number,
    withinMs: number,
  ) {
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
    this.#withinMs = withinMs;
  }

  /** Asks this subscription from now on, and no earlier one of the same subscriber. */
  add(series: SubscriberSeries, ask: Ask | undefined): void {
    if (ask === undefined) this.#asked.delete(series);
    else this.#asked.set(series, ask);
    this.#at = -Infinity;
  }

  /**
   * Brings the series up to date. It never rejects.
   *
   * Ends: all have answered or refused; or the time is over, and who has not answered shows nothing. Whoever comes meanwhile waits for the same.
   */
  refresh(): Promise<void> {
    if (this.#pending !== undefined) return this.#pending;
    const age = Math.abs(this.#clock.now() - this.#at);
    if (this.#asked.size === 0 || age < this.#maxAgeMs) {
      return Promise.resolve();
    }
    this.#at = this.#clock.now();
    return this.#pending = this.#ask().finally(() => {
      this.#pending = undefined;
    });
  }

  async #ask(): Promise<void> {
    const round = ++this.#round;
    const answers = [...this.#asked].map(async ([series, ask]) => {
      series.backlog = undefined;
      try {
        const backlog = await ask();
        // An answer that nobody waits for any more is of another time.
        if (round === this.#round) series.backlog = backlog;
      } catch {
        // A broker that is away, or was shut down: there is nothing to show.
      }
    });
    const answered = new AbortController();
    const late = this.#clock.sleep(this.#withinMs, answered.signal);
    await Promise.race([Promise.all(answers), late]);
    late.catch(() => {});
    answered.abort();
    this.#round++;
  }
}
