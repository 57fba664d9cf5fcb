import type { Letter } from "./_delivery.ts";
import type { Queue } from "./_queue.ts";

/** A message and where it goes. */
export interface Lot {
  readonly letter: Letter;
  readonly queues: readonly Queue[];
}

/** Messages that go in together, or not at all. */
export class Parcel {
  readonly lots: readonly Lot[];
  /** How much room each queue must have for it. */
  readonly needs: ReadonlyMap<Queue, number>;
  /** What cannot be done if it finds no room, in words. */
  readonly deed: string;

  constructor(deed: string, lots: readonly Lot[]) {
    const needs = new Map<Queue, number>();
    for (const { queues } of lots) {
      for (const queue of queues) needs.set(queue, (needs.get(queue) ?? 0) + 1);
    }
    this.deed = deed;
    this.lots = lots;
    this.needs = needs;
  }

  /** Makes one of a single message. */
  static of(letter: Letter, queues: readonly Queue[]): Parcel {
    return new Parcel(`publish to "${letter.message.address}"`, [
      { letter, queues },
    ]);
  }

  /** Whether all of it finds room now. A queue that has ended is empty, and has. */
  get fits(): boolean {
    for (const [queue, need] of this.needs) {
      if (queue.room < need) return false;
    }
    return true;
  }
}
