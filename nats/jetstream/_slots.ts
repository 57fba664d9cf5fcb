import { onAbort } from "@ruststream/core/contract";

/** So many at once; who comes later waits, in order. */
export class Slots {
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** Takes a place; a promise where there is none yet. Rejects with the signal's reason. */
  take(signal: AbortSignal | undefined): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free--;
      return undefined;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const next = (): void => {
      forget();
      resolve();
    };
    this.#waiting.add(next);
    const forget = onAbort(signal, (reason) => {
      this.#waiting.delete(next);
      reject(reason);
    });
    return promise;
  }

  /** Gives a place back: to whoever waits longest, so that nobody overtakes. */
  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free++;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}
