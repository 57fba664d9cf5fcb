import type { Track } from "../publish/request.ts";

/** Requests that wait for their replies. */
export class OpenRequests {
  /** Each with what ends it where it may never end by itself. */
  readonly #open = new Map<Promise<unknown>, (() => void) | undefined>();

  /** How many there are. */
  get size(): number {
    return this.#open.size;
  }

  /** Remembers one until it has ended. */
  readonly add: Track = (request, giveUp) => {
    const over = (): void => void this.#open.delete(request);
    this.#open.set(request, giveUp);
    request.then(over, over);
  };

  /** Resolves when none is open, those included that are sent meanwhile. */
  async over(): Promise<void> {
    while (this.#open.size > 0) await Promise.allSettled(this.#open.keys());
  }

  /** Nobody waits any longer: those that may never end by themselves do. The others end with their connection. */
  giveUp(): void {
    for (const end of this.#open.values()) end?.();
  }
}
