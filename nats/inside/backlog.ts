import { type ConsumerConfig, filtersOf } from "./consumer_shape.ts";
import { type Store, type Stored, takes } from "./store.ts";

/** What of its stream a consumer has not delivered yet, in order. */
export class Backlog {
  readonly #store: Store;
  #filters: readonly string[];
  // Of each subject the last there was, where it begins with those.
  #firsts: number[] = [];
  #next: number;
  #count = 0;

  constructor(store: Store, config: ConsumerConfig) {
    this.#store = store;
    this.#filters = filtersOf(config);
    this.#next = this.#begin(config);
    this.#recount();
  }

  /** How many there are. */
  get size(): number {
    return this.#count;
  }

  /** The sequence before the first of them. */
  get floor(): number {
    return (this.#firsts[0] ?? this.#next) - 1;
  }

  /** Whether its consumer reads a subject. */
  wants(subject: string): boolean {
    return takes(this.#filters, subject);
  }

  /** Whether a message is among them. */
  has({ sequence, subject }: Stored): boolean {
    return this.#firsts.includes(sequence) ||
      (sequence >= this.#next && this.wants(subject));
  }

  /** Takes the first of them. */
  take(): Stored | undefined {
    const first = this.#firsts.shift();
    const stored = first === undefined
      ? this.#store.next(this.#next, this.#filters)
      : this.#store.get(first);
    if (stored === undefined) {
      this.#next = Math.max(this.#next, this.#store.last + 1);
      return undefined;
    }
    if (first === undefined) this.#next = stored.sequence + 1;
    this.#count--;
    return stored;
  }

  /** A message was stored. */
  stored(stored: Stored): void {
    if (this.has(stored)) this.#count++;
  }

  /** A message was removed. */
  removed(stored: Stored): void {
    if (!this.has(stored)) return;
    this.#count--;
    this.#firsts = this.#firsts.filter((one) => one !== stored.sequence);
  }

  /** All were removed. */
  purged(): void {
    this.#next = Math.max(this.#next, this.#store.first);
  }

  /** Others are wanted from here on. */
  change(config: ConsumerConfig): void {
    this.#filters = filtersOf(config);
    this.#recount();
  }

  #recount(): void {
    this.#count = this.#firsts.length +
      this.#store.count(this.#next, this.#filters);
  }

  #begin(config: ConsumerConfig): number {
    const { first, last } = this.#store;
    const after = last + 1;
    const start = Math.max(1, first);
    switch (config.deliver_policy) {
      case "new":
        return after;
      case "last": {
        const held = this.#store.all().findLast(({ subject }) =>
          this.wants(subject)
        );
        return held?.sequence ?? after;
      }
      case "last_per_subject":
        this.#firsts = this.#lasts();
        return after;
      case "by_start_sequence": {
        const asked = config.opt_start_seq ?? 1;
        return Math.min(Math.max(asked, start), after);
      }
      case "by_start_time": {
        const since = Date.parse(config.opt_start_time ?? "");
        const held = this.#store.all().find(({ at }) => at >= since);
        return held?.sequence ?? after;
      }
      default:
        return start;
    }
  }

  #lasts(): number[] {
    return [...this.#store.subjects]
      .filter(([subject]) => this.wants(subject))
      .map(([, sequences]) => Math.max(...sequences))
      .sort((a, b) => a - b);
  }
}
