import { onAbort } from "./on_abort.ts";

/** Time, timers, turns of the event loop and randomness. Nobody else has them. */
export interface Clock {
  /** Milliseconds since the epoch; virtual in tests. */
  now(): number;
  /** Milliseconds of a clock that only runs forward and stays real in tests: for yielding and measuring. */
  mono(): number;
  /** Resolves after so many milliseconds; rejects with the signal's reason when aborted, and leaves no timer behind. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs a function after so many milliseconds; what it returns cancels that, and may be called at any time and twice. */
  after(ms: number, run: () => void): () => void;
  /** Lets timers and sockets run. */
  turn(): Promise<void>;
  /** A number from 0 up to but without 1. */
  random(): number;
}

// Timers hold 32 bits of milliseconds; a longer wait is made of several.
const longestMs = 2 ** 31 - 1;

function after(ms: number, run: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const arm = (left: number): void => {
    const step = Math.min(left, longestMs);
    timer = setTimeout(() => left > step ? arm(left - step) : run(), step);
  };
  arm(Math.max(0, ms));
  return () => clearTimeout(timer);
}

const { setImmediate: immediately } = globalThis as {
  setImmediate?: (run: () => void) => unknown;
};

/**
 * Sleeps on a clock that only knows how to call back later: what every {@linkcode Clock} does for its `sleep`.
 *
 * @example An aborted sleep rejects with the signal's reason
 * ```ts
 * import assert from "node:assert/strict";
 * import { sleepOn, systemClock } from "@ruststream/core/contract";
 *
 * const reason = new Error("enough");
 * await assert.rejects(sleepOn(systemClock, 60_000, AbortSignal.abort(reason)), reason);
 * ```
 *
 * @param clock The clock.
 * @param ms How long, in milliseconds.
 * @param signal Ends the sleep when aborted. Without it only time does.
 */
export function sleepOn(
  clock: Pick<Clock, "after">,
  ms: number,
  signal?: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (signal?.aborted) {
    reject(signal.reason);
    return promise;
  }
  const forget = onAbort(signal, (reason) => {
    cancel();
    reject(reason);
  });
  const cancel = clock.after(ms, () => {
    forget();
    resolve();
  });
  return promise;
}

/** The clock of the machine. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  mono: () => performance.now(),
  sleep: (ms: number, signal?: AbortSignal) => sleepOn(systemClock, ms, signal),
  after,
  turn: () =>
    new Promise<void>((resolve) =>
      immediately === undefined
        ? void setTimeout(resolve, 0)
        : void immediately(resolve)
    ),
  random: () => Math.random(),
});
