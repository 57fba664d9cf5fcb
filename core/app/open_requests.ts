/** Requests that wait for their replies. */
export class OpenRequests {
  readonly #open = new Set<Promise<unknown>>();

  /** How many there are. */
  get size(): number {
    return this.#open.size;
  }

  /** Remembers one until it has ended. */
  readonly add = (request: Promise<unknown>): void => {
    const over = (): void => void this.#open.delete(request);
    this.#open.add(request);
    request.then(over, over);
  };

  /** Resolves when none is open, those included that are sent meanwhile. */
  async over(): Promise<void> {
    while (this.#open.size > 0) await Promise.allSettled(this.#open);
  }
}
