import type { Clock } from "../contract/clock.ts";

/**
 * Calls back for each item so many milliseconds after it was added, unless it was removed.
 *
 * All items wait equally long, so one ordered queue and one timer at its head serve them; a timer for each would cost more than handling a message. The timer is not cancelled when an item goes: it finds nothing due, and arms again for what is there.
 */
export class Timeouts<T> {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #due: (item: T) => void;
  readonly #dueAt = new Map<T, number>();
  #cancel: (() => void) | undefined = undefined;

  constructor(clock: Clock, ms: number, due: (item: T) => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#due = due;
  }

  /** Starts an item's time. */
  add(item: T): void {
    this.#dueAt.set(item, this.#clock.now() + this.#ms);
    this.#cancel ??= this.#clock.after(this.#ms, this.#look);
  }

  /** Ends an item's time. */
  remove(item: T): void {
    this.#dueAt.delete(item);
  }

  /** Ends the time of all, and leaves no timer. */
  clear(): void {
    this.#dueAt.clear();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  // What was called back may have added an item, and armed for that one already.
  #arm(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#clock.after(ms, this.#look);
  }

  readonly #look = (): void => {
    this.#cancel = undefined;
    const now = this.#clock.now();
    for (const [item, at] of this.#dueAt) {
      if (at > now) {
        return this.#arm(at - now);
      }
      this.#dueAt.delete(item);
      this.#due(item);
    }
  };
}
