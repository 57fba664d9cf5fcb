import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import type { Outcome } from "../outcome.ts";
import { Deferred } from "./deferred.ts";

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

/**
 * The outcome as a function changes it: for a middleware that looks at what comes of its handler, and costs no promise for that.
 *
 * What a handler throws, and what it rejects with, goes by. What the function throws is as if the handler had thrown it.
 *
 * @example Work for after each acked delivery
 * ```ts
 * import assert from "node:assert/strict";
 * import { ack, mapOutcome, type Middleware } from "@ruststream/core";
 *
 * const told: string[] = [];
 * const tell: Middleware = (next) => (ctx) =>
 *   mapOutcome(next(ctx), (outcome) => outcome.andAfter(() => void told.push(ctx.address)));
 * const outcome = await tell(() => ack())({ address: "orders" } as never);
 * for (const run of outcome.after) await run();
 * assert.deepEqual(told, ["orders"]);
 * ```
 */
export function mapOutcome(
  outcome: Awaitable<Outcome>,
  change: (outcome: Outcome) => Outcome,
): Awaitable<Outcome> {
  if (outcome instanceof PendingOutcome) {
    const { returned, read } = outcome;
    return new PendingOutcome(returned, (value) => change(read(value)));
  }
  if (outcome instanceof Deferred) {
    return new PendingOutcome(outcome, change as Reading);
  }
  return isPromiseLike<Outcome>(outcome)
    ? outcome.then(change)
    : change(outcome);
}
