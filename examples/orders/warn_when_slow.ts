import type { Middleware } from "@ruststream/core";

/** Warns of each run of a handler that takes longer than so many milliseconds. */
export function warnWhenSlow(limitMs: number): Middleware {
  return (next) => async (ctx) => {
    const startedAt = ctx.clock.now();
    try {
      return await next(ctx);
    } finally {
      const ms = ctx.clock.now() - startedAt;
      if (ms > limitMs) {
        ctx.log.warn(`slow: ${ms} ms for a message of ${ctx.address}`);
      }
    }
  };
}
