import { onAbort } from "./on_abort.ts";

/**
 * Does work that cannot be interrupted, and waits for it as long as a signal allows.
 *
 * 1. Where the signal is aborted already, the work is not begun.
 * 2. An abort rejects with the signal's own reason. The work goes on; what comes of it is dropped, so whatever has to be given back then is the work's own to give.
 * 3. No way out leaves a listener behind, or an unhandled rejection.
 *
 * @example Whoever gives up need not wait for the rest
 * ```ts
 * import assert from "node:assert/strict";
 * import { untilAborted } from "@ruststream/core/contract";
 *
 * const stop = new AbortController();
 * const reason = new Error("enough");
 * const waiting = untilAborted(() => new Promise(() => {}), stop.signal);
 * stop.abort(reason);
 * await assert.rejects(waiting, reason);
 * ```
 *
 * @param work Begins the work.
 * @param signal Ends the wait when aborted. Without one only the work does.
 */
export async function untilAborted<T>(
  work: () => PromiseLike<T>,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  // First: work that aborts the signal right away is given up too.
  const forget = onAbort(signal, reject);
  try {
    work().then(resolve, reject);
    return await promise;
  } finally {
    forget();
  }
}
