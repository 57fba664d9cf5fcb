import type { BrokerStates, BrokerStatus } from "./broker_states.ts";
import type { Running } from "./types.ts";

/** What an application does; `failed` if it could not start, or stopped by itself. */
export type AppState =
  | "not-started"
  | "starting"
  | "running"
  | "stopping"
  | "stopped"
  | "failed";

/** How an application is, also while nothing of it runs. */
export interface AppStatus {
  /** What it does. */
  readonly state: AppState;
  /** Whether it should be left alone: false once it has stopped or failed. */
  readonly live: boolean;
  /** Whether it takes messages: false before the start is done, while a broker is away, and from the beginning of a stop. */
  readonly ready: boolean;
  /** Its brokers, as far as the start has come to them. */
  readonly brokers: readonly BrokerStatus[];
}

/** One start, and what came of it. */
export class StartStatus {
  readonly brokers: BrokerStates;
  running: Running | undefined = undefined;
  /** How the start itself ended; undefined while it is under way, and where it succeeded. */
  end: "stopped" | "failed" | undefined = undefined;

  constructor(brokers: BrokerStates) {
    this.brokers = brokers;
  }

  get state(): AppState {
    const { running } = this;
    if (running === undefined) return this.end ?? "starting";
    if (!running.stopping.aborted) return "running";
    if (running.health().live) return "stopping";
    return running.failure === undefined ? "stopped" : "failed";
  }
}

/** How an application is: by its latest start. */
export class StatusBoard {
  #latest: StartStatus | undefined = undefined;

  /** A start begins, and takes the place of the one before. */
  begin(brokers: BrokerStates): StartStatus {
    this.#latest = new StartStatus(brokers);
    return this.#latest;
  }

  /** How it is now, without asking a broker. */
  look(): AppStatus {
    const { state = "not-started", running, brokers } = this.#latest ?? {};
    return {
      state,
      live: state !== "stopped" && state !== "failed",
      ready: running?.health().ready ?? false,
      brokers: brokers?.all() ?? [],
    };
  }
}
