import {
  type Awaitable,
  type ErrorCode,
  isMessagingError,
} from "@ruststream/core/contract";
import { type Ending, failedBecause, holds } from "./assertions.ts";
import { type Bench, text, texts } from "./bench.ts";
import type { Tap } from "./tap.ts";

const moments: Readonly<Record<string, (bench: Bench) => Awaitable<void>>> = {
  "at once": () => {},
  "after a microtask": () => Promise.resolve(),
  "after a turn": (bench) => bench.clock.turn(),
};

/** Something that is called with a signal, and seen once it has ended. */
export interface Midway<T> {
  /** What is called, in words. */
  readonly what: string;
  /** Calls it. */
  call(signal: AbortSignal, moment: string): Awaitable<T>;
  /** Looks at what it left, however it ended. */
  see(ending: Ending<T>, moment: string): Awaitable<void>;
  /** Codes that it may be rejected with beside the reason. By default none. */
  readonly codes?: readonly ErrorCode[];
}

/**
 * Calls something and aborts its signal while it is under way, at one moment after another.
 *
 * What ends too soon for that may have resolved; else it ends at once, and with the signal's own reason.
 */
export async function abortMidway<T>(
  bench: Bench,
  { what, call, see, codes = [] }: Midway<T>,
): Promise<void> {
  for (const [moment, come] of Object.entries(moments)) {
    const named = `${what}, aborted ${moment}`;
    const stop = new AbortController();
    const reason = new TypeError("Cannot wait any longer");
    const wait = Promise.resolve(
      bench.call(() => call(stop.signal, moment), named),
    );
    wait.catch(() => {});
    await come(bench);
    stop.abort(reason);
    const ending = await bench.endsAtOnce(wait, named);
    const other = ending.kind === "rejected" &&
      codes.some((code) => isMessagingError(ending.reason, code));
    if (ending.kind === "rejected" && !other) {
      failedBecause(ending, reason, named);
    }
    await see(ending, moment);
  }
}

const mark = "what was sent before this has been seen";

/** All that a tap shows of what was sent until now, however long that takes to come. */
export async function shownSoFar(
  bench: Bench,
  tap: Tap,
): Promise<readonly string[]> {
  await bench.publish(mark);
  const shown: string[] = [];
  for (;;) {
    const next = text(await tap.next("what is published behind it"));
    if (next === mark) break;
    shown.push(next);
  }
  return [...shown, ...texts(await tap.rest())];
}

/** Fails unless a text came once where its call resolved, and at most once where it was rejected. */
export function cameOnce(
  { kind }: Ending,
  texts: readonly string[],
  text: string,
  what: string,
): void {
  const count = texts.filter((one) => one === text).length;
  holds(
    count === 1 || count === 0 && kind === "rejected",
    `how often there is ${what} that ${kind}`,
    kind === "resolved" ? "once" : "once, or never",
    count,
  );
}
