import type { Clock } from "@ruststream/core/contract";
import { Alarm } from "./_alarm.ts";
import { Heap, type Slotted } from "./_heap.ts";

/** A promise of a connection that is not settled yet, and when its time is over. */
export interface Wait extends Slotted {
  /** When its time is over; set by {@linkcode Waits.add}. */
  due: number;
  /** What cannot be done if it fails, in words. */
  readonly deed: string;
  /** Makes the error of one whose time is over. */
  late(): Error;
  /** Rejects it. It takes itself out of the list. */
  end(reason: unknown): void;
}

/** All that a connection waits for, under one timer that is there only while something waits. */
export class Waits {
  readonly #clock: Clock;
  readonly #list = new Heap<Wait>((one, other) => one.due < other.due);
  readonly #alarm = new Alarm(() => this.#ring());

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(wait: Wait, timeoutMs: number): void {
    wait.due = this.#clock.now() + timeoutMs;
    this.#list.push(wait);
    this.#alarm.by(this.#clock, wait.due);
  }

  remove(wait: Wait): void {
    this.#list.remove(wait);
    if (this.#list.length === 0) this.#alarm.clear();
  }

  /** Rejects all of them. */
  endAll(reason: (wait: Wait) => Error): void {
    for (const wait of [...this.#list.items]) wait.end(reason(wait));
  }

  #ring(): void {
    const now = this.#clock.now();
    for (
      let next = this.#list.first;
      next !== undefined;
      next = this.#list.first
    ) {
      if (next.due > now) return this.#alarm.by(this.#clock, next.due);
      this.#list.remove(next);
      next.end(next.late());
    }
  }
}
