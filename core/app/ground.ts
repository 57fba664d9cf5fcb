import type { Awaitable } from "../contract/awaitable.ts";
import type { Clock } from "../contract/clock.ts";
import { consoleLogger, type Logger } from "../log.ts";
import {
  type AppEvent,
  joinObservers,
  type Notice,
  type Observer,
} from "../observe.ts";
import type { StatusBoard } from "./status.ts";
import type { AppInfo, Hooks, Teardown } from "./types.ts";

/** What an application is made of, types erased. */
export interface AppParts {
  readonly info: AppInfo;
  readonly makeState: ((stack: Teardown) => Awaitable<unknown>) | undefined;
  readonly hooks: Hooks;
  readonly observers: readonly Observer[];
  /** Where each start of it is told. */
  readonly status: StatusBoard;
}

/** What an application is given at its start. */
export interface Ground {
  readonly info: AppInfo;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer: Observer | undefined;
  notice(notice: Notice): void;
  /** Tells what the application does from now on; where it failed also why. */
  tell(state: AppEvent["state"], error?: unknown): void;
}

/** Joins the observers, and gives notices to them and to the logger. */
export function makeGround(
  { info, observers }: Pick<AppParts, "info" | "observers">,
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
  const tell: Ground["tell"] = (state, error) =>
    observer?.app?.({
      title: info.title,
      version: info.version,
      state,
      at: clock.now(),
      ...(error === undefined ? {} : { error }),
    });
  return { info, clock, log, observer, notice, tell };
}
