/**
 * Calls back once when a signal is aborted, or right now if it already is.
 *
 * What it returns removes the listener, and may be called at any time and twice: every way out of a wait calls it.
 *
 * @example The listener goes with the wait
 * ```ts
 * import assert from "node:assert/strict";
 * import { onAbort } from "@ruststream/core/contract";
 *
 * const reasons: unknown[] = [];
 * const stop = new AbortController();
 * const forget = onAbort(stop.signal, (reason) => reasons.push(reason));
 * forget();
 * stop.abort("late");
 * assert.deepEqual(reasons, []);
 * ```
 *
 * @param signal The signal. Without one nothing is listened to.
 * @param run Called with the signal's reason.
 */
export function onAbort(
  signal: AbortSignal | undefined,
  run: (reason: unknown) => void,
): () => void {
  if (signal === undefined) return () => {};
  if (signal.aborted) {
    run(signal.reason);
    return () => {};
  }
  const listener = (): void => run(signal.reason);
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}
