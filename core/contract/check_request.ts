import type { RequestManyOptions, RequestOptions } from "./publisher.ts";

function checkTime(address: string, name: string, ms: unknown): void {
  if (Number.isFinite(ms) && (ms as number) > 0) return;
  throw new RangeError(
    `Cannot request "${address}": expected ${name} to be a finite number above 0, found ${ms}`,
  );
}

/**
 * Refuses a request that could never end in time: what each request begins with, once the connection is known to be open.
 *
 * @example No time at all
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkRequest } from "@ruststream/core/contract";
 *
 * checkRequest("prices", { timeoutMs: 500 });
 * assert.throws(() => checkRequest("prices", { timeoutMs: 0 }), RangeError);
 * ```
 *
 * @throws {RangeError} If `timeoutMs` is not a finite number above 0.
 */
export function checkRequest(
  address: string,
  { timeoutMs }: Pick<RequestOptions, "timeoutMs">,
): void {
  checkTime(address, "timeoutMs", timeoutMs);
}

/**
 * The same of a request to many, and of what ends its replies.
 *
 * @example No reply is not many
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkRequestMany } from "@ruststream/core/contract";
 *
 * const timeoutMs = 500;
 * checkRequestMany("prices", { timeoutMs, maxReplies: 3, stallMs: 50 });
 * assert.throws(() => checkRequestMany("prices", { timeoutMs, maxReplies: 0 }), RangeError);
 * ```
 *
 * @throws {RangeError} If a time is not a finite number above 0, or `maxReplies` not a whole number of at least 1.
 */
export function checkRequestMany(
  address: string,
  options: Omit<RequestManyOptions, "signal">,
): void {
  const { maxReplies = 1, stallMs = 1 } = options;
  checkRequest(address, options);
  checkTime(address, "stallMs", stallMs);
  if (Number.isSafeInteger(maxReplies) && maxReplies > 0) return;
  throw new RangeError(
    `Cannot request "${address}": expected maxReplies to be a whole number of at least 1, found ${maxReplies}`,
  );
}

/**
 * When a scheduled message is due, in milliseconds since the epoch.
 *
 * @example A date that is none
 * ```ts
 * import assert from "node:assert/strict";
 * import { dueTime } from "@ruststream/core/contract";
 *
 * assert.equal(dueTime("orders", new Date(7)), 7);
 * assert.throws(() => dueTime("orders", new Date(NaN)), RangeError);
 * ```
 *
 * @throws {TypeError} If it is not a Date.
 * @throws {RangeError} If it is not a valid one.
 */
export function dueTime(address: string, at: Date): number {
  if (!(at instanceof Date)) {
    throw new TypeError(
      `Cannot schedule "${address}": expected the time to be a Date, found ${typeof at}`,
    );
  }
  const due = at.getTime();
  if (!Number.isNaN(due)) return due;
  throw new RangeError(
    `Cannot schedule "${address}": expected a valid Date, found ${at}`,
  );
}
