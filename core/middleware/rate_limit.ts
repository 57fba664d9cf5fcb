import type { Awaitable } from "../contract/awaitable.ts";
import type { Handle, HandlerContext, Middleware } from "../context.ts";
import type { Outcome } from "../outcome.ts";
import { checkFunction, checkNumber } from "./_options.ts";
import { countOf, PerClock } from "./_insides.ts";
import { waitFor } from "./_wait_for.ts";

/** Options for {@linkcode rateLimit}. */
export interface RateLimitOptions {
  /** Messages a second, in the long run; less than 1 is lawful. */
  readonly perSecond: number;
  /**
   * Messages that may go at once after a rest.
   *
   * @default {1}
   */
  readonly burst?: number;
  /** What is limited apart: deliveries of one key share a limit. Without it all deliveries share one. */
  readonly key?: (ctx: HandlerContext) => string;
}

/** Above so many keys those at rest are forgotten, which changes nothing for them. */
const fewKeys = 1_024;

/** The limit of one key. */
class Bucket {
  /** When it will be at rest, by the clock. */
  restAt = -Infinity;
  /** The end of the last wait in line; undefined where nobody waits. */
  line: Promise<void> | undefined = undefined;
  /** How many messages wait in it. */
  waiting = 0;

  isAtRest(now: number): boolean {
    return this.line === undefined && this.restAt <= now;
  }
}

/** The limits of all keys on one clock. */
class Buckets {
  readonly #intervalMs: number;
  readonly #burst: number;
  readonly #byKey = new Map<string, Bucket>();
  #sweepAt = fewKeys;

  constructor({ perSecond, burst = 1 }: RateLimitOptions) {
    this.#intervalMs = 1_000 / perSecond;
    this.#burst = burst;
  }

  bucket(key: string, now: number): Bucket {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    if (this.#byKey.size >= this.#sweepAt) this.#sweep(now);
    const made = new Bucket();
    this.#byKey.set(key, made);
    return made;
  }

  /** Milliseconds until so many messages may go, when others have gone before them. */
  waitMs({ restAt }: Bucket, count: number, now: number, before = 0): number {
    const spare = Math.max(0, this.#burst - count) * this.#intervalMs;
    const from = Math.max(restAt, now) + before * this.#intervalMs;
    return Math.max(0, Math.ceil(from - spare - now));
  }

  take(bucket: Bucket, count: number, now: number): void {
    bucket.restAt = Math.max(bucket.restAt, now) + count * this.#intervalMs;
  }

  #sweep(now: number): void {
    for (const [key, bucket] of this.#byKey) {
      if (bucket.isAtRest(now)) this.#byKey.delete(key);
    }
    this.#sweepAt = Math.max(fewKeys, 2 * this.#byKey.size);
  }
}

/**
 * Lets so many messages a second pass, and has the others wait in their slots, in the order they came.
 *
 * 1. Nothing is dropped and nothing spins: whoever waits sleeps on `ctx.clock` until its turn. At most `concurrency` deliveries wait, for each has a slot, so intake stops by itself.
 * 2. Whoever is aborted while it waits – by `timeoutMs`, or at the end of a drain – leaves the line with the signal's reason, and takes nothing of the limit.
 * 3. A batch counts as many messages as it has. One of more than `burst` goes when a full burst could, and what comes after it waits that much longer.
 * 4. One call makes one limit, shared by all subscribers that it is put around, in this process. Keys at rest are forgotten.
 *
 * Waiting counts for `timeoutMs`, and not for a {@linkcode timeout} inside. Each run counts, a retry too.
 *
 * @example Two a second, but never more for one customer than one
 * ```ts
 * import assert from "node:assert/strict";
 * import { RustStream } from "@ruststream/core";
 * import { rateLimit } from "@ruststream/core/middleware";
 *
 * const app = new RustStream({ title: "shop", version: "1.0.0" })
 *   .use(rateLimit({ perSecond: 2, burst: 10 }))
 *   .use(rateLimit({ perSecond: 1, key: (ctx) => ctx.address }));
 * assert.ok(app);
 * assert.throws(() => rateLimit({ perSecond: 0 }), RangeError);
 * ```
 *
 * @throws {RangeError} If `perSecond` is not a finite number above 0, or `burst` not a whole number of at least 1.
 * @throws {TypeError} If `key` is not a function.
 */
export function rateLimit(options: RateLimitOptions): Middleware {
  const deed = "limit a rate";
  const { perSecond, burst = 1, key } = options;
  checkNumber(deed, "perSecond", perSecond, { above: 0 });
  checkNumber(deed, "burst", burst, { least: 1, whole: true });
  checkFunction(deed, "key", key);
  const clocks = new PerClock(() => new Buckets(options));
  return (next) => (ctx): Awaitable<Outcome> => {
    const buckets = clocks.of(ctx);
    const now = ctx.clock.now();
    const bucket = buckets.bucket(key?.(ctx) ?? "", now);
    const count = countOf(ctx);
    if (bucket.line !== undefined || buckets.waitMs(bucket, count, now) > 0) {
      return later(ctx, next, buckets, bucket, count);
    }
    buckets.take(bucket, count, now);
    return next(ctx);
  };
}

async function later(
  ctx: HandlerContext,
  next: Handle,
  buckets: Buckets,
  bucket: Bucket,
  count: number,
): Promise<Outcome> {
  const { line, waiting: before } = bucket;
  const turn = Promise.withResolvers<void>();
  let isFirst = line === undefined;
  const first = line?.then(() => void (isFirst = true));
  // Whoever leaves the line lets nobody pass those that are still before it.
  const mine = first === undefined
    ? turn.promise
    : first.then(() => turn.promise);
  bucket.line = mine;
  bucket.waiting += count;
  try {
    while (first !== undefined && !isFirst) {
      const ms = buckets.waitMs(bucket, count, ctx.clock.now(), before);
      await waitFor(ctx, first, Math.max(1, ms));
    }
    const waitMs = buckets.waitMs(bucket, count, ctx.clock.now());
    if (waitMs > 0) await ctx.clock.sleep(waitMs, ctx.signal);
    buckets.take(bucket, count, ctx.clock.now());
  } finally {
    bucket.waiting -= count;
    turn.resolve();
    if (bucket.line === mine) void mine.then(() => leave(bucket, mine));
  }
  return await next(ctx);
}

function leave(bucket: Bucket, mine: Promise<void>): void {
  if (bucket.line === mine) bucket.line = undefined;
}
