/** `T`, or a promise of it. A value that is already there must cost no microtask. */
export type Awaitable<T> = T | PromiseLike<T>;

/**
 * Says whether a value must be waited for.
 *
 * @example A value that is there is not waited for
 * ```ts
 * import assert from "node:assert/strict";
 * import { isPromiseLike } from "@ruststream/core/contract";
 *
 * assert.equal(isPromiseLike(Promise.resolve(1)), true);
 * assert.equal(isPromiseLike(1), false);
 * ```
 */
export function isPromiseLike<T>(value: unknown): value is PromiseLike<T> {
  return typeof value === "object" && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}
