import type { Connection } from "../contract/broker.ts";
import { onAbort } from "../contract/on_abort.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { firstPublisher, type Starting } from "./starting.ts";
import type {
  Health,
  Hook,
  Hooks,
  Running,
  StartOptions,
  StopReport,
} from "./types.ts";

/** How long one broker may take to shut down once the drain is over. */
const shutdownMs = 5_000;

/** An application that runs, until it is stopped or stops by itself. */
export class RunningApp implements Running {
  readonly stopped: Promise<StopReport>;
  readonly publisher: Running["publisher"];
  readonly connections: ReadonlyMap<string, Connection>;
  readonly #starting: Starting;
  readonly #hooks: Hooks;
  readonly #options: StartOptions;
  readonly #stopping = new AbortController();
  /** Aborted when the drain has ended. */
  readonly #drained = new AbortController();
  readonly #resolveStopped: (report: StopReport) => void;
  readonly #forget: () => void;
  #failure: Error | undefined = undefined;
  #cancelDeadline: (() => void) | undefined = undefined;
  #isLive = true;

  constructor(starting: Starting, hooks: Hooks, options: StartOptions) {
    this.#starting = starting;
    this.#hooks = hooks;
    this.#options = options;
    this.connections = starting.connections;
    this.publisher = firstPublisher(starting.ground.info, starting.connections);
    const { promise, resolve } = Promise.withResolvers<StopReport>();
    this.stopped = promise;
    this.#resolveStopped = resolve;
    starting.fail = (error) => {
      if (this.#stopping.signal.aborted) return;
      this.#failure = error;
      void this.stop();
    };
    for (const dispatcher of starting.dispatchers) dispatcher.start();
    this.#forget = onAbort(options.signal, () => void this.stop());
  }

  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  stop(options: { readonly drainMs?: number } = {}): Promise<StopReport> {
    const { drainMs } = options;
    if (drainMs !== undefined && !(drainMs >= 0)) {
      return Promise.reject(
        new RangeError(
          `Cannot stop: drainMs must be a number of at least 0, found ${drainMs}`,
        ),
      );
    }
    if (this.#stopping.signal.aborted) {
      if (drainMs !== undefined && this.#isLive) this.#endDrainAfter(drainMs);
      return this.stopped;
    }
    this.#stopping.abort();
    this.#forget();
    void this.#stop(drainMs ?? this.#options.drainMs ?? 30_000);
    return this.stopped;
  }

  health(): Health {
    const brokers = Object.fromEntries(
      [...this.connections].map(([name, { state }]) => [name, state]),
    );
    const connected = Object.values(brokers).every((s) => s === "connected");
    return {
      live: this.#isLive,
      ready: connected && !this.#stopping.signal.aborted,
      brokers,
    };
  }

  async isIdle(): Promise<boolean> {
    for (const { isIdle, subscription } of this.#starting.dispatchers) {
      if (!isIdle) return false;
      const backlog = await subscription.backlog?.();
      if (backlog !== undefined && backlog.waiting + backlog.unsettled > 0) {
        return false;
      }
    }
    return this.#starting.dispatchers.every(({ isIdle }) => isIdle);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(drainMs: number): Promise<void> {
    const { readyDelayMs = 0 } = this.#options;
    const { clock } = this.#starting.ground;
    const { dispatchers } = this.#starting;
    if (readyDelayMs > 0) {
      await clock.sleep(readyDelayMs, this.#drained.signal).catch(() => {});
    }
    this.#endDrainAfter(drainMs);
    await this.#beforeEnd(this.#runHooks(this.#hooks.beforeStop));
    await this.#beforeEnd(Promise.all(dispatchers.map((d) => this.#drain(d))));
    this.#cancelDeadline?.();
    this.#drained.abort();
    for (const dispatcher of dispatchers) {
      if (!dispatcher.isIdle) {
        dispatcher.abort(
          new DOMException(
            "Cannot wait for this handler any longer: the service stops",
            "AbortError",
          ),
        );
      }
      dispatcher.close();
    }
    await this.#letGo();
    await this.#bounded(
      this.#runHooks(this.#hooks.afterStop),
      "afterStop hooks",
    );
    for (const error of await this.#starting.stateStack.run()) {
      this.#tell("Cannot undo all of the state", error);
    }
    this.#isLive = false;
    this.#resolveStopped(this.#report());
  }

  /** Where the broker delivers again what is not settled, intake is cancelled; elsewhere what has arrived is handled first. */
  async #drain(dispatcher: Dispatcher): Promise<void> {
    const keeps =
      dispatcher.subscription.guarantees.redelivery === "until-settled";
    try {
      await dispatcher.stop(!keeps);
    } catch (error) {
      this.#tell("Cannot end the intake of a subscription in order", error);
      return;
    }
    await dispatcher.quiet();
  }

  /** Subscriptions, then connections, the latest first; each gets its time and no more. */
  async #letGo(): Promise<void> {
    const { dispatchers, connections } = this.#starting;
    await this.#bounded(
      Promise.all(
        dispatchers.map(({ subscription }) =>
          subscription[Symbol.asyncDispose]()
        ),
      ),
      "subscriptions",
    );
    for (const [name, connection] of [...connections].reverse()) {
      await this.#bounded(connection.shutdown(), `broker "${name}"`);
    }
  }

  async #bounded(work: Promise<unknown>, what: string): Promise<void> {
    const { clock } = this.#starting.ground;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(shutdownMs, () => {
      this.#tell(
        `Cannot wait for ${what} any longer: not done after ${shutdownMs} ms`,
      );
      resolve();
    });
    const done = work.catch((error) =>
      this.#tell(`Cannot shut down ${what} in order`, error)
    );
    await Promise.race([done, promise]);
    cancel();
  }

  /** Waits for the work, or for the end of the drain. */
  async #beforeEnd(work: Promise<unknown>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const forget = onAbort(this.#drained.signal, () => resolve());
    await Promise.race([work, promise]);
    forget();
  }

  #endDrainAfter(ms: number): void {
    this.#cancelDeadline?.();
    this.#cancelDeadline = this.#starting.ground.clock.after(
      ms,
      () => this.#drained.abort(),
    );
  }

  async #runHooks(hooks: readonly Hook<unknown>[]): Promise<void> {
    for (const hook of hooks) {
      try {
        await hook(this.#starting.hookContext(this.#drained.signal));
      } catch (error) {
        this.#tell("Cannot run a hook of the stop", error);
      }
    }
  }

  #tell(message: string, error?: unknown): void {
    this.#starting.ground.notice({
      level: "error",
      code: "hook-failed",
      message,
      ...(error === undefined ? {} : { error }),
    });
  }

  #report(): StopReport {
    const report = { settled: 0, returned: 0, lost: this.#starting.lost };
    for (const { tally } of this.#starting.dispatchers) {
      report.settled += tally.settled;
      report.returned += tally.returned;
      report.lost += tally.lost;
    }
    return report;
  }
}
