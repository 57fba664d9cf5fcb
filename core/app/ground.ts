import type { Awaitable } from "../contract/awaitable.ts";
import type { Clock } from "../contract/clock.ts";
import { consoleLogger, type Logger } from "../log.ts";
import { joinObservers, type Notice, type Observer } from "../observe.ts";
import type { AppInfo, Hooks, Teardown } from "./types.ts";

/** What an application is made of, types erased. */
export interface AppParts {
  readonly info: AppInfo;
  readonly makeState: ((stack: Teardown) => Awaitable<unknown>) | undefined;
  readonly hooks: Hooks;
  readonly observers: readonly Observer[];
}

/** What an application is given at its start. */
export interface Ground {
  readonly info: AppInfo;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer: Observer | undefined;
  notice(notice: Notice): void;
}

/** Joins the observers, and gives notices to them and to the logger. */
export function makeGround(
  { info, observers }: AppParts,
  clock: Clock,
): Ground {
  const log = info.logger ?? consoleLogger;
  const failing = new Set<string>();
  let observer: Observer | undefined = undefined;
  const notice = (event: Notice): void => {
    const { level, message, ...fields } = event;
    observer?.notice?.(event);
    try {
      log[level](message, fields);
    } catch {
      // A logger that throws must not take a delivery with it.
    }
  };
  observer = joinObservers(observers, (hook, error) => {
    if (failing.has(hook)) return;
    failing.add(hook);
    notice({
      level: "error",
      code: "observer-failed",
      message: `Cannot tell an observer "${hook}": it threw`,
      error,
    });
  });
  return { info, clock, log, observer, notice };
}
