import type { Clock } from "@ruststream/core/contract";

/** What waits for an end, at a time at the latest. */
export interface Waiting {
  /** Told when its time is over, after it was taken out. */
  late(): void;
}

interface Lane {
  readonly due: Map<Waiting, number>;
  cancel: () => void;
}

/** Deadlines by how long they are: those of one length come due in order, so one timer serves all of them. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #lanes = new Map<number, Lane>();

  /** Has no timer until something waits. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds one; what it returns takes it out, and may be called at any time and twice. */
  add(waiting: Waiting, ms: number): () => void {
    const lane = this.#lanes.get(ms) ?? this.#open(ms);
    lane.due.set(waiting, this.#clock.now() + ms);
    return () => {
      if (!lane.due.delete(waiting) || lane.due.size > 0) return;
      lane.cancel();
      this.#lanes.delete(ms);
    };
  }

  #open(ms: number): Lane {
    const lane: Lane = {
      due: new Map(),
      cancel: this.#clock.after(ms, () => this.#ring(ms, lane)),
    };
    this.#lanes.set(ms, lane);
    return lane;
  }

  #ring(ms: number, lane: Lane): void {
    const now = this.#clock.now();
    for (const [waiting, due] of lane.due) {
      if (due > now) {
        lane.cancel = this.#clock.after(due - now, () => this.#ring(ms, lane));
        return;
      }
      lane.due.delete(waiting);
      waiting.late();
    }
    if (this.#lanes.get(ms) === lane) this.#lanes.delete(ms);
  }
}
