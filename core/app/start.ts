import { systemClock } from "../contract/clock.ts";
import { onAbort } from "../contract/on_abort.ts";
import type { AppParts } from "./ground.ts";
import type { AppPlan } from "./planned.ts";
import { RunningApp } from "./running.ts";
import { Starting } from "./starting.ts";
import { checkKnown, milliseconds } from "../check_settings.ts";
import type { Running, StartOptions } from "./types.ts";

const known = ["signal", "clock", "drainMs", "readyDelayMs"];

/**
 * Starts an application: state, connections, publishers, subscriptions, hooks; then it reads.
 *
 * @param opened Told of what is open, before anything is read.
 *
 * Ends: it runs; or something fails or the signal is aborted, and all that was done is undone in reverse.
 */
export async function startApp(
  parts: AppParts,
  plan: () => AppPlan,
  options: StartOptions,
  opened: (starting: Starting) => void = () => {},
): Promise<Running> {
  const where = `the start of "${parts.info.title}"`;
  checkKnown(where, options, known);
  milliseconds(where, "drainMs", options.drainMs, Infinity);
  milliseconds(where, "readyDelayMs", options.readyDelayMs);
  const { signal, clock = systemClock } = options;
  const starting = new Starting(parts, plan(), clock);
  const { life, ground } = starting;
  const status = parts.status.begin(starting.brokerStates);
  const forget = onAbort(signal, (reason) => life.abort(reason));
  ground.tell("starting");
  try {
    life.signal.throwIfAborted();
    await starting.run();
    life.signal.throwIfAborted();
  } catch (error) {
    // Once the start is given up, what fails of it fails because of that.
    const cause = life.signal.aborted ? life.signal.reason : error;
    life.abort(cause);
    await starting.undo.run();
    status.end = signal?.aborted ? "stopped" : "failed";
    ground.tell(status.end, signal?.aborted ? undefined : cause);
    throw cause;
  } finally {
    forget();
  }
  opened(starting);
  status.running = new RunningApp(starting, parts.hooks, options);
  return status.running;
}
