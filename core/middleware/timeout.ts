import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import { MessagingError } from "../contract/errors.ts";
import { onAbort } from "../contract/on_abort.ts";
import type { HandlerContext, Middleware } from "../context.ts";
import { errorText } from "../dispatch/error_text.ts";
import type { Outcome } from "../outcome.ts";
import { checkNumber } from "./_options.ts";
import { derive } from "./_derive.ts";
import { afterOn, subscriberOf } from "./_insides.ts";
import { say } from "./_say.ts";

/**
 * Limits the time of what is inside it: the middleware after it, and the handler.
 *
 * 1. When the time is over, `ctx.signal` aborts inside, and the run fails at once with a {@linkcode MessagingError} of code `timeout`, which is also the signal's reason.
 * 2. What comes later is dropped: a late outcome is told to `ctx.log` as a warning.
 * 3. An abort from outside passes inwards, and ends the limit: then the runtime says how long a handler may go on.
 *
 * The setting `timeoutMs` is about the whole chain, costs less, and keeps the slot and the key of a delivery until its handler has ended. This one is for a part of the chain, so that waiting in a {@linkcode rateLimit} outside it does not count, and it gives the slot back at once: **a handler that does not obey its signal goes on beside the next run of its delivery.**
 * Of a batch it limits the whole; the batch then goes on one by one, as after any throw. Of a pipeline it ends the run, and its stages do not see the signal. A handler that does not give the event loop back cannot be interrupted.
 *
 * @example Half a second for the handler, however long the wait before it
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, subscriber } from "@ruststream/core";
 * import { rateLimit, timeout } from "@ruststream/core/middleware";
 *
 * const orders = channel<{ id: number }>("orders");
 * const handle = subscriber(
 *   orders,
 *   { middleware: [rateLimit({ perSecond: 10 }), timeout(500)] },
 *   async (_order, ctx) => await ctx.clock.sleep(10, ctx.signal),
 * );
 * assert.equal(handle.name, "orders");
 * assert.throws(() => timeout(0), RangeError);
 * ```
 *
 * @param ms How long, in milliseconds.
 * @throws {RangeError} If `ms` is not a finite number above 0.
 */
export function timeout(ms: number): Middleware {
  checkNumber("limit a time", "ms", ms, { above: 0 });
  return (next) => (ctx) => {
    const from = ctx.clock.now();
    const limit = new AbortController();
    const forget = onAbort(ctx.signal, (reason) => limit.abort(reason));
    let outcome: Awaitable<Outcome>;
    try {
      outcome = next(derive(ctx, { signal: limit.signal }));
      if (!isPromiseLike<Outcome>(outcome)) {
        forget();
        return outcome;
      }
    } catch (error) {
      forget();
      throw error;
    }
    const left = Math.max(0, ms - (ctx.clock.now() - from));
    return within(ctx, outcome, ms, left, limit).finally(forget);
  };
}

/** What the rest of the chain comes to, or an error when the time is over. */
async function within(
  ctx: HandlerContext,
  outcome: PromiseLike<Outcome>,
  ms: number,
  left: number,
  limit: AbortController,
): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  let overAt: number | undefined;
  const stopTime = afterOn(ctx, left, () => {
    overAt = ctx.clock.now();
    const error = new MessagingError(
      "timeout",
      `Cannot finish a delivery of "${subscriberOf(ctx)}" in ${ms} ms`,
    );
    limit.abort(error);
    reject(error);
  });
  const forget = onAbort(ctx.signal, stopTime);
  outcome.then(
    (value) => overAt === undefined ? resolve(value) : late(ctx, overAt),
    (error) =>
      overAt === undefined
        ? reject(error)
        : error !== limit.signal.reason && late(ctx, overAt, error),
  );
  try {
    return await promise;
  } finally {
    forget();
    stopTime();
  }
}

/** Tells of an end that nobody waits for any more. An error is mostly what comes of the abort, an outcome is work that will be done twice. */
function late(ctx: HandlerContext, overAt: number, error?: unknown): void {
  const afterMs = ctx.clock.now() - overAt;
  const message = `Cannot use what a delivery of "${
    subscriberOf(ctx)
  }" came to: it ended ${afterMs} ms after its time was over`;
  const { address } = ctx;
  if (error === undefined) say(ctx, "warn", message, { address });
  else say(ctx, "debug", message, { address, error: errorText(error) });
}
