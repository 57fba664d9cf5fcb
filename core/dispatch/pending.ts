import type { Outcome } from "../outcome.ts";

/** A function that says what a handler's return value means. */
export type Reading = (returned: unknown) => Outcome;

/**
 * An outcome that is on its way: what a handler returned, and how to read it.
 *
 * A middleware that waits for it gets the outcome. The dispatcher reads the handler's own promise instead, so that a chain in which nobody looks costs one promise less for each message (about 100 ns of 1.3 µs).
 */
export class PendingOutcome implements PromiseLike<Outcome> {
  readonly returned: PromiseLike<unknown>;
  readonly read: Reading;

  constructor(returned: PromiseLike<unknown>, read: Reading) {
    this.returned = returned;
    this.read = read;
  }

  then<A = Outcome, B = never>(
    fulfilled?: ((value: Outcome) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return Promise.resolve(this.returned).then(this.read).then(
      fulfilled,
      rejected,
    );
  }
}
