import { onAbort } from "../contract/on_abort.ts";
import type { HandlerContext } from "../context.ts";

/**
 * Waits for what others do, and sleeps on the clock meanwhile: whoever looks at a service under test sees a run that rests, and until when.
 *
 * Resolves when that is done or the time is over; rejects with the signal's reason. Leaves no timer.
 *
 * @param done Never rejects.
 * @param ms When to look again at the latest.
 */
export async function waitFor(
  { clock, signal }: Pick<HandlerContext, "clock" | "signal">,
  done: Promise<void>,
  ms: number,
): Promise<void> {
  const woken = new AbortController();
  const forget = onAbort(signal, (reason) => woken.abort(reason));
  done.then(() => woken.abort());
  try {
    await clock.sleep(ms, woken.signal);
  } catch {
    signal.throwIfAborted();
  } finally {
    forget();
  }
}
