/** Publishes under way, each with the line it is of. */
export class Window {
  readonly #open = new Set<number>();
  #wake: (() => void) | undefined = undefined;
  #given = false;

  /** How many are under way. */
  get size(): number {
    return this.#open.size;
  }

  /** Follows one until it has ended, or all are given up. The publish must not reject. */
  add(line: number, publish: Promise<void>): void {
    this.#open.add(line);
    void publish.then(() => {
      this.#open.delete(line);
      this.#wake?.();
    });
  }

  /** Whether nobody waits for what is under way any more. */
  get givenUp(): boolean {
    return this.#given;
  }

  /** Resolves when at most `most` are under way, or all are given up. For one waiter at a time. */
  async until(most: number): Promise<void> {
    while (this.#open.size > most && !this.#given) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  /** Waits for none of them any longer, and says how many those are. */
  giveUp(): number {
    this.#given = true;
    this.#wake?.();
    return this.#open.size;
  }
}
