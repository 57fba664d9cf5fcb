import type { Clock } from "@ruststream/core/contract";

/** One timer, for the earliest of many moments. Whoever it wakes looks what is due, and sets it anew. */
export class Alarm {
  readonly #ring: () => void;
  #cancel: (() => void) | undefined;
  #due = Infinity;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Sees to it that it rings at a moment of this clock, or sooner. */
  by(clock: Clock, due: number): void {
    if (due >= this.#due) return;
    this.clear();
    this.#due = due;
    this.#cancel = clock.after(Math.max(0, due - clock.now()), () => {
      this.#cancel = undefined;
      this.#due = Infinity;
      this.#ring();
    });
  }

  /** Leaves no timer behind. */
  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#due = Infinity;
  }
}
