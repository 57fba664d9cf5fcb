import type { Consumer } from "./_consumer.ts";

/** Options for {@linkcode Place}. */
export interface PlaceOptions {
  readonly consumer: Consumer;
  /** Tells when the stream was made; undefined where nobody may look. */
  readonly whenStreamMade: () => Promise<string | undefined>;
  /** What that told at the opening. By default it is not known. */
  readonly streamMade?: string;
}

/** Where an ephemeral consumer is in its stream, so that it can be made again there. */
export class Place {
  readonly #options: PlaceOptions;
  #highest: number;
  #streamMade: string | undefined;
  // Whether nobody knows yet that the place it was made at is one of its stream.
  #doubtful = false;

  constructor(options: PlaceOptions) {
    this.#options = options;
    this.#highest = options.consumer.floor;
    this.#streamMade = options.streamMade;
  }

  get doubtful(): boolean {
    return this.#doubtful;
  }

  /** A message came. */
  passed(sequence: number): void {
    if (sequence > this.#highest) this.#highest = sequence;
  }

  /** Makes the consumer again: before what has not come, and before the lowest that is to come again. {@linkcode check} is called next. */
  async makeAgain(lowest: number): Promise<void> {
    const sequence = Math.min(lowest, this.#highest + 1);
    this.#doubtful = true;
    await this.#options.consumer.ensure({ sequence });
    this.#highest = sequence - 1;
  }

  /** A number means nothing in a stream that was made again: there all is new. Looked at last: until then it could be made again. */
  async check(): Promise<void> {
    const { consumer, whenStreamMade } = this.#options;
    for (;;) {
      const made = await whenStreamMade();
      if (made === undefined || made === this.#streamMade) break;
      await consumer.drop();
      await consumer.ensure({ sequence: 1 });
      this.#highest = 0;
      this.#streamMade = made;
    }
    this.#doubtful = false;
  }
}
