import type { Deliver } from "./consumer_options.ts";

/**
 * A reading of the last message of each subject, and then of all that comes: what of it was had, and where it goes on.
 *
 * The server gives both in one go. Begun again in the middle, it would leave out what was stored twice since; so then the messages that there were at the beginning are read alone, and the others by their numbers.
 */
export class Snapshot {
  // The last number that there was; undefined where nobody may look.
  readonly #last: number | undefined;
  #had = 0;
  #again = false;

  constructor(last: number | undefined) {
    this.#last = last;
  }

  /** Where a consumer begins. */
  next(): Deliver {
    const within = this.#last === undefined
      ? this.#had === 0
      : this.#had < this.#last;
    return within ? "last-per-subject" : { sequence: this.#had + 1 };
  }

  /** A consumer was made again. */
  begunAgain(): void {
    this.#again = true;
  }

  /** What a number is: had already, new, or too far ahead, which {@linkcode next} puts right. */
  take(sequence: number): "had" | "new" | "ahead" {
    if (sequence <= this.#had) return "had";
    const last = this.#last ?? 0;
    if (this.#again && this.#had < last && sequence > last) {
      this.#had = last;
      return "ahead";
    }
    this.#had = sequence;
    return "new";
  }
}
