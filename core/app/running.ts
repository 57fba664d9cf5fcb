import type { Broker, Connection } from "../contract/broker.ts";
import { onAbort } from "../contract/on_abort.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { upstreamOf } from "./drain_order.ts";
import { checkKnown, milliseconds } from "../check_settings.ts";
import type { PublisherOf } from "../publish/publish_types.ts";
import type { Starting } from "./starting.ts";
import type {
  Health,
  Hooks,
  Running,
  StartOptions,
  StopReport,
} from "./types.ts";
import { ending } from "./undo.ts";

/** How long a stop waits for handlers before it says which. */
const patienceMs = 1_000;

/** An application that runs, until it is stopped or stops by itself. */
export class RunningApp implements Running {
  readonly stopped: Promise<StopReport>;
  readonly publisher: Running["publisher"];
  readonly connections: ReadonlyMap<string, Connection>;
  readonly #starting: Starting;
  readonly #hooks: Hooks;
  readonly #options: StartOptions;
  readonly #stopping = new AbortController();
  readonly #resolveStopped: (report: StopReport) => void;
  // Whoever is told of the beginning below may end it at once.
  #forget = (): void => {};
  #failure: Error | undefined = undefined;
  #drainEndsAt = Infinity;
  #cancelDeadline: (() => void) | undefined = undefined;
  #isLive = true;

  constructor(starting: Starting, hooks: Hooks, options: StartOptions) {
    this.#starting = starting;
    this.#hooks = hooks;
    this.#options = options;
    this.connections = starting.connections;
    this.publisher = starting.publisher;
    const { promise, resolve } = Promise.withResolvers<StopReport>();
    this.stopped = promise;
    this.#resolveStopped = resolve;
    starting.fail = (error) => {
      if (this.#stopping.signal.aborted) return;
      this.#failure = error;
      void this.stop();
    };
    for (const dispatcher of starting.dispatchers) dispatcher.start();
    starting.ground.tell("running");
    this.#forget = onAbort(options.signal, () => void this.stop());
    starting.stop = () => void this.stop();
    if (starting.isStopAsked) starting.stop();
  }

  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async stop(
    options: { readonly drainMs?: number } = {},
  ): Promise<StopReport> {
    const { drainMs } = options;
    const where = `the stop of "${this.#starting.ground.info.title}"`;
    checkKnown(where, options, ["drainMs"]);
    milliseconds(where, "drainMs", drainMs, Infinity);
    if (this.#stopping.signal.aborted) {
      if (drainMs !== undefined) this.#endDrainAfter(drainMs);
      return this.stopped;
    }
    this.#stopping.abort();
    this.#forget();
    this.#starting.ground.tell("stopping");
    void this.#stop(drainMs ?? this.#options.drainMs ?? 30_000);
    return this.stopped;
  }

  publisherOf<C extends Connection>(
    broker: Broker<C>,
  ): PublisherOf<C["publisher"]> {
    return this.#starting.publisherOn(broker);
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
    const { dispatchers } = this.#starting;
    for (const { isIdle, subscription } of dispatchers) {
      if (!isIdle) return false;
      // Once it has stopped, nobody can be asked, and what waits does not wait for it.
      if (!this.#isLive) continue;
      const backlog = await subscription.backlog?.();
      if (backlog !== undefined && backlog.waiting + backlog.unsettled > 0) {
        return false;
      }
    }
    return dispatchers.every(({ isIdle }) => isIdle);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(drainMs: number): Promise<void> {
    const { readyDelayMs = 0 } = this.#options;
    const { ground, dispatchers, life, stateStack } = this.#starting;
    if (readyDelayMs > 0) {
      await ground.clock.sleep(readyDelayMs, life.signal).catch(() => {});
    }
    this.#endDrainAfter(drainMs);
    await this.#beforeEnd(this.#beforeStop());
    const patient = ground.clock.after(patienceMs, () => this.#tellWaiting());
    const { requests } = this.#starting;
    // What handlers still ask is among them, so those come first.
    await this.#beforeEnd(this.#drainAll().then(() => requests.over()));
    patient();
    requests.giveUp();
    this.#endDrain();
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
    for (const hook of this.#hooks.afterStop) {
      await ending(
        ground,
        "an afterStop hook",
        (signal) => hook(this.#starting.hookContext(signal)),
      );
    }
    await stateStack.run();
    this.#isLive = false;
    const failure = this.#failure;
    ground.tell(failure === undefined ? "stopped" : "failed", failure);
    this.#resolveStopped(this.#report());
  }

  async #beforeStop(): Promise<void> {
    for (const hook of this.#hooks.beforeStop) {
      // One that ends after the drain has none of the others run then.
      if (this.#starting.life.signal.aborted) return;
      try {
        await hook(this.#starting.hookContext());
      } catch (error) {
        this.#tell("hook-failed", "Cannot run a beforeStop hook", error);
      }
    }
  }

  /**
   * Where the broker delivers again what is not settled, intake is cancelled at once. Elsewhere what has arrived is handled first, and before that whoever publishes there comes to rest.
   */
  async #drainAll(): Promise<void> {
    const { dispatchers, flows } = this.#starting;
    const upstream = upstreamOf(flows);
    const drained: Promise<void>[] = [];
    const drain = async (
      dispatcher: Dispatcher,
      from: readonly number[],
    ): Promise<void> => {
      const { redelivery } = dispatcher.subscription.guarantees;
      const keeps = redelivery === "until-settled";
      if (!keeps && from.length > 0) {
        // One turn, so that all of them are there to wait for.
        await Promise.resolve();
        await Promise.all(from.map((index) => drained[index]));
      }
      await this.#drain(dispatcher, !keeps);
    };
    for (const [index, dispatcher] of dispatchers.entries()) {
      drained.push(drain(dispatcher, upstream[index] ?? []));
    }
    await Promise.all(drained);
  }

  async #drain(dispatcher: Dispatcher, handlesRest: boolean): Promise<void> {
    try {
      await dispatcher.stop(handlesRest);
    } catch (error) {
      const [{ name }] = dispatcher.routes;
      const message = `Cannot end the intake of "${name}" in order: it failed`;
      this.#tell("shutdown-failed", message, error);
    }
    await dispatcher.quiet();
  }

  /** Says what a stop waits for: a handler that awaits it would wait for itself in silence. */
  #tellWaiting(): void {
    const { ground, dispatchers } = this.#starting;
    const names = dispatchers
      .filter(({ isIdle }) => !isIdle)
      .map(({ routes: [{ name }] }) => `"${name}"`);
    const open = this.#starting.requests.size;
    if (names.length + open === 0) return;
    const waits = names.length === 0
      ? `${open} ${open === 1 ? "request is" : "requests are"} still open`
      : `${names.join(", ")} still ${
        names.length === 1 ? "handles or settles" : "handle or settle"
      }; a handler that awaits stop() waits for itself`;
    const message =
      `Cannot finish the stop of "${ground.info.title}" yet: after ${patienceMs} ms ${waits}`;
    ground.notice({ level: "warn", code: "stop-waits", message });
  }

  /** Subscriptions, then connections, the latest first; each gets its time and no more. */
  async #letGo(): Promise<void> {
    const { ground, subscriptions, connections } = this.#starting;
    await Promise.all(subscriptions.map((all) => all.dispose()));
    for (const [name, connection] of [...connections].reverse()) {
      await ending(ground, `broker "${name}"`, () => connection.shutdown());
    }
  }

  /** Waits for the work, or for the end of the drain. */
  async #beforeEnd(work: Promise<unknown>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const forget = onAbort(this.#starting.life.signal, () => resolve());
    await Promise.race([work, promise]);
    forget();
  }

  /** Several may ask: the earliest end counts. */
  #endDrainAfter(ms: number): void {
    const { life, ground: { clock } } = this.#starting;
    const endsAt = clock.now() + ms;
    if (life.signal.aborted || endsAt >= this.#drainEndsAt) return;
    this.#drainEndsAt = endsAt;
    this.#cancelDeadline?.();
    this.#cancelDeadline = clock.after(ms, () => this.#endDrain());
  }

  #endDrain(): void {
    this.#cancelDeadline?.();
    this.#starting.life.abort(
      new DOMException(
        "Cannot go on: the drain of the service has ended",
        "AbortError",
      ),
    );
  }

  #tell(
    code: "hook-failed" | "shutdown-failed",
    message: string,
    error: unknown,
  ): void {
    this.#starting.ground.notice({ level: "error", code, message, error });
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
