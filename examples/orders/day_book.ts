import type { Confirmation, Currency } from "./channels.ts";

/** What the shop took in and what it refused, for the report at the end of the day. */
export class DayBook {
  readonly #centsBy = new Map<Currency, number>();
  readonly #refusedBy = new Map<string, number>();
  readonly #added = new Set<string>();
  #lastAt = "";

  /** Adds what was confirmed, and when; an order counts once, however often it is confirmed. */
  add({ id, currency, cents }: Confirmation, at: string): void {
    if (this.#added.has(id)) return;
    this.#added.add(id);
    this.#centsBy.set(currency, (this.#centsBy.get(currency) ?? 0) + cents);
    if (at > this.#lastAt) this.#lastAt = at;
  }

  /** Counts a refusal; true for the first of its kind. */
  refuse(reason: string): boolean {
    const before = this.#refusedBy.get(reason) ?? 0;
    this.#refusedBy.set(reason, before + 1);
    return before === 0;
  }

  /** Cents by currency. */
  get takings(): ReadonlyMap<Currency, number> {
    return this.#centsBy;
  }

  /** Refusals by reason. */
  get refusals(): ReadonlyMap<string, number> {
    return this.#refusedBy;
  }

  /** The report, a line a fact. */
  report(): readonly string[] {
    const takings = [...this.#centsBy].sort().map(([currency, cents]) =>
      `taken: ${(cents / 100).toFixed(2)} ${currency}`
    );
    const refusals = [...this.#refusedBy].sort().map(([reason, count]) =>
      `refused: ${count} (${reason})`
    );
    return [...takings, `last paid: ${this.#lastAt || "never"}`, ...refusals];
  }
}
