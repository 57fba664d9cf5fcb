import type { ServerTime } from "./time.ts";

/** A delivery that waits for its settlement. */
interface Given {
  /** Its number among the consumer's deliveries. */
  readonly delivered: number;
  /** When it comes again, in milliseconds; infinite while it waits to. */
  due: number;
}

/** What a consumer has delivered and nobody has settled, by the sequence in the stream, and what is to come again. */
export class InHand {
  readonly #time: ServerTime;
  readonly #onDue: (sequences: readonly number[]) => void;
  readonly #given = new Map<number, Given>();
  readonly #again = new Set<number>();
  #armedFor = Infinity;
  #disarm: () => void = () => {};

  /** `onDue` is told of those whose deadline has passed. */
  constructor(
    time: ServerTime,
    onDue: (sequences: readonly number[]) => void,
  ) {
    this.#time = time;
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#given.size;
  }

  /** How many are to come again. */
  get waiting(): number {
    return this.#again.size;
  }

  has(sequence: number): boolean {
    return this.#given.has(sequence);
  }

  /** Writes a delivery down, which waits so long. */
  give(sequence: number, delivered: number, waitMs: number): void {
    const first = this.#given.get(sequence)?.delivered ?? delivered;
    this.#given.set(sequence, { delivered: first, due: Infinity });
    this.wait(sequence, waitMs);
  }

  /** It waits so long from now on. */
  wait(sequence: number, waitMs: number): void {
    const given = this.#given.get(sequence);
    if (given === undefined) return;
    this.#again.delete(sequence);
    given.due = this.#time.now() + waitMs;
    if (given.due < this.#armedFor) this.#arm(given.due);
  }

  /** It comes again, behind those that do. */
  again(sequence: number): void {
    const given = this.#given.get(sequence);
    if (given === undefined) return;
    given.due = Infinity;
    this.#again.add(sequence);
  }

  /** Takes the first that is to come again. */
  takeAgain(): number | undefined {
    const [first] = this.#again;
    if (first !== undefined) this.#again.delete(first);
    return first;
  }

  /** It is settled, or gone; false where it is not here. */
  remove(sequence: number): boolean {
    this.#again.delete(sequence);
    return this.#given.delete(sequence);
  }

  /** Those up to a number of the consumer's. */
  upTo(delivered: number): readonly number[] {
    return [...this.#given]
      .filter(([, given]) => given.delivered <= delivered)
      .map(([sequence]) => sequence);
  }

  end(): void {
    this.#disarm();
    this.#given.clear();
    this.#again.clear();
  }

  #arm(due: number): void {
    this.#disarm();
    this.#armedFor = due;
    this.#disarm = this.#time.after(
      Math.max(0, due - this.#time.now()),
      () => this.#ring(),
    );
  }

  #ring(): void {
    const now = this.#time.now();
    const late: number[] = [];
    let next = Infinity;
    for (const [sequence, given] of this.#given) {
      if (given.due <= now) late.push(sequence);
      else if (given.due < next) next = given.due;
    }
    this.#armedFor = Infinity;
    if (next < Infinity) this.#arm(next);
    late.sort((a, b) => a - b);
    for (const sequence of late) this.again(sequence);
    if (late.length > 0) this.#onDue(late);
  }
}
