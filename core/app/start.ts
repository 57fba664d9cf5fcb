import { systemClock } from "../contract/clock.ts";
import { onAbort } from "../contract/on_abort.ts";
import type { AppParts } from "./ground.ts";
import type { AppPlan } from "./plan.ts";
import { RunningApp } from "./running.ts";
import { Starting } from "./starting.ts";
import type { Running, StartOptions } from "./types.ts";

/**
 * Starts an application: state, connections, publishers, subscriptions, hooks; then it reads.
 *
 * Ends: it runs; or something fails or the signal is aborted, and all that was done is undone in reverse.
 */
export async function startApp(
  parts: AppParts,
  plan: () => AppPlan,
  options: StartOptions,
): Promise<Running> {
  const { signal, clock = systemClock } = options;
  const planned = plan();
  const giveUp = new AbortController();
  const forget = onAbort(signal, (reason) => giveUp.abort(reason));
  const starting = new Starting(parts, clock, giveUp);
  try {
    giveUp.signal.throwIfAborted();
    await starting.run(planned);
    giveUp.signal.throwIfAborted();
  } catch (error) {
    await undo(starting, error);
    throw error;
  } finally {
    forget();
  }
  return new RunningApp(starting, parts.hooks, options);
}

async function undo(starting: Starting, cause: unknown): Promise<void> {
  for (const dispatcher of starting.dispatchers) dispatcher.close();
  for (const error of await starting.undo.run()) {
    starting.ground.notice({
      level: "error",
      code: "hook-failed",
      message: "Cannot undo all of a start that failed",
      error: new AggregateError([cause, error]),
    });
  }
}
