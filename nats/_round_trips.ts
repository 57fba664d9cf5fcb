import { lostError, natsError } from "./nats_error.ts";

const deed = "wait for the server";

/** Round trips to the server. All that ask for one in the same moment share it. */
export class RoundTrips {
  readonly #trip: () => Promise<void> | undefined;
  readonly #open = new Set<(reason: Error) => void>();
  #next: Promise<void> | undefined;

  /** `trip` makes one; undefined where there is no connection. */
  constructor(trip: () => Promise<void> | undefined) {
    this.#trip = trip;
  }

  /** Resolves once the server has answered; rejects with `connection` where it cannot any more. */
  flush(): Promise<void> {
    if (this.#next !== undefined) return this.#next;
    const next = Promise.resolve().then(() => {
      this.#next = undefined;
      return this.#make();
    });
    this.#next = next;
    return next;
  }

  /** The connection is gone: none of them ends by itself. */
  end(): void {
    const error = lostError(deed);
    for (const reject of [...this.#open]) reject(error);
  }

  async #make(): Promise<void> {
    const trip = this.#trip();
    if (trip === undefined) throw lostError(deed);
    const { promise, reject } = Promise.withResolvers<never>();
    this.#open.add(reject);
    try {
      // The client leaves those open that it is closed in the middle of.
      await Promise.race([trip, promise]);
    } catch (cause) {
      throw natsError(cause, deed);
    } finally {
      this.#open.delete(reject);
    }
  }
}
