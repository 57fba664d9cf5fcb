import type { Clock } from "../contract/clock.ts";
import type { Guarantees } from "../contract/guarantees.ts";
import { onAbort } from "../contract/on_abort.ts";
import type { PipeEnv } from "../dispatch/pipe.ts";
import type { Link } from "./link.ts";
import type { Origin, OriginRun } from "./origin.ts";
import { Outlet } from "./outlet.ts";
import type { Plan } from "./plan.ts";
import { sinkPlanOf } from "./sink_to.ts";
import { planOf } from "./stage.ts";
import { StreamRun } from "./stream_run.ts";

/** What all streams of one pipeline share. */
export interface Grounds {
  readonly clock: Clock;
  readonly graceMs: number;
}

/** Opens the links of a chain, the last one first. */
function openAll(plans: readonly Plan[], env: PipeEnv, last: Link): Link {
  return plans.reduceRight((next, { open }) => open(env, next), last);
}

/** @throws {RangeError} If a stage holds payloads for longer than the broker waits. */
function checkWaits(
  name: string,
  plans: readonly Plan[],
  { settleDeadlineMs = Infinity }: Guarantees,
): void {
  for (const { name: stage, waitMs } of plans) {
    if (waitMs <= settleDeadlineMs) continue;
    throw new RangeError(
      `Cannot start "${name}": stage "${stage}" waits ${waitMs} ms, and the broker delivers again after ${settleDeadlineMs}`,
    );
  }
}

/** A pipeline: fused with our own stages and sinks, a real stream for everybody else. */
export class PipelineStream extends ReadableStream<unknown> {
  readonly #origin: Origin;
  readonly #grounds: Grounds;
  readonly #plans: readonly Plan[];
  readonly #signals: readonly AbortSignal[];
  readonly #controller: ReadableStreamDefaultController<unknown>;
  #outlet: Outlet | undefined = undefined;
  #run: OriginRun | undefined = undefined;
  /** What goes on with it, fused: it runs there. */
  #heir: PipelineStream | undefined = undefined;
  #isTaken = false;
  #isDraining = false;

  constructor(
    origin: Origin,
    grounds: Grounds,
    plans: readonly Plan[] = [],
    signals: readonly AbortSignal[] = [],
  ) {
    let controller!: ReadableStreamDefaultController<unknown>;
    super({
      start: (own) => {
        controller = own;
      },
      pull: () => this.#begin().pull(),
      cancel: async (reason) => {
        this.#outlet?.leave();
        await this.#run?.cancel(reason);
      },
    }, { highWaterMark: 0 });
    this.#origin = origin;
    this.#grounds = grounds;
    this.#plans = plans;
    this.#signals = signals;
    this.#controller = controller;
  }

  get readable(): this {
    return this;
  }

  override get locked(): boolean {
    return this.#isTaken || super.locked;
  }

  override pipeThrough<U>(
    stage: ReadableWritablePair<U, unknown>,
    options: StreamPipeOptions = {},
  ): ReadableStream<U> {
    this.#refuseLocked("pipe");
    const { signal, preventAbort, preventCancel, preventClose } = options;
    const found = preventAbort || preventCancel || preventClose
      ? undefined
      : planOf(stage);
    if (found === undefined) return this.#pipeForeign(stage, options);
    const { name, maxInFlight } = this.#origin;
    if (found.batchMax > maxInFlight) {
      throw new RangeError(
        `Cannot pipe "${name}" through batches of ${found.batchMax}: maxInFlight is ${maxInFlight}`,
      );
    }
    const heir = new PipelineStream(
      this.#origin,
      this.#grounds,
      [...this.#plans, found],
      signal === undefined ? this.#signals : [...this.#signals, signal],
    );
    this.#isTaken = true;
    this.#heir = heir;
    if (this.#isDraining) void heir.drain();
    return heir as ReadableStream<unknown> as ReadableStream<U>;
  }

  override async pipeTo(
    sink: WritableStream<unknown>,
    options: StreamPipeOptions = {},
  ): Promise<void> {
    this.#refuseLocked("pipe");
    const found = sinkPlanOf(sink);
    if (found === undefined) return await super.pipeTo(sink, options);
    // Locked, as a pipe locks it.
    const writer = sink.getWriter();
    this.#isTaken = true;
    const { signal } = options;
    const signals = signal === undefined
      ? this.#signals
      : [...this.#signals, signal];
    try {
      for (const { reason, aborted } of signals) if (aborted) throw reason;
      await this.#runInto(found.open, signals);
      await writer.close();
    } catch (error) {
      await writer.abort(error).catch(() => {});
      throw error;
    } finally {
      writer.releaseLock();
    }
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    await (this.#run ?? this.#heir)?.drain();
  }

  override getReader(options: { mode: "byob" }): ReadableStreamBYOBReader;
  override getReader(): ReadableStreamDefaultReader<unknown>;
  override getReader(
    options?: ReadableStreamGetReaderOptions,
  ): ReadableStreamReader<unknown>;
  override getReader(
    options?: ReadableStreamGetReaderOptions,
  ): ReadableStreamReader<unknown> {
    this.#refuseLocked("read");
    this.#begin();
    return super.getReader(options);
  }

  override values(
    options?: ReadableStreamIteratorOptions,
  ): ReadableStreamAsyncIterator<unknown> {
    this.#refuseLocked("read");
    this.#begin();
    return super.values(options);
  }

  override [Symbol.asyncIterator](
    options?: ReadableStreamIteratorOptions,
  ): ReadableStreamAsyncIterator<unknown> {
    return this.values(options);
  }

  override async cancel(reason?: unknown): Promise<void> {
    this.#refuseLocked("cancel");
    await super.cancel(reason);
  }

  override tee(): never {
    throw new TypeError(
      `Cannot tee "${this.#origin.name}": one delivery has one claim, so two cannot settle it`,
    );
  }

  #refuseLocked(deed: string): void {
    if (!this.locked) return;
    throw new TypeError(
      `Cannot ${deed} "${this.#origin.name}": somebody reads the pipeline already`,
    );
  }

  #pipeForeign<U>(
    stage: ReadableWritablePair<U, unknown>,
    options: StreamPipeOptions,
  ): ReadableStream<U> {
    const { name, maxInFlight } = this.#origin;
    const { clock, graceMs } = this.#grounds;
    const readable = super.pipeThrough(stage, options);
    const upstream = (): OriginRun => {
      this.#begin();
      return this.#run as OriginRun;
    };
    const heir: ReadableStream<unknown> = new PipelineStream(
      {
        name,
        maxInFlight,
        run: (into) =>
          new StreamRun({ name, readable, clock, graceMs, upstream }, into),
      },
      this.#grounds,
    );
    return heir as ReadableStream<U>;
  }

  #start(
    last: (env: PipeEnv) => Link,
    signals: readonly AbortSignal[],
  ): OriginRun {
    const run = this.#origin.run({
      open: (env) => openAll(this.#plans, env, last(env)),
      check: (guarantees) =>
        checkWaits(this.#origin.name, this.#plans, guarantees),
    });
    this.#run = run;
    const forget = signals.map((signal) =>
      onAbort(signal, (reason) => void run.abort(reason))
    );
    const over = (): void => forget.forEach((one) => one());
    run.ended.then(over, over);
    if (this.#isDraining) void run.drain();
    return run;
  }

  async #runInto(
    last: (env: PipeEnv) => Link,
    signals: readonly AbortSignal[],
  ): Promise<void> {
    const run = this.#start(last, signals);
    await run.ended;
    await run.finish(true);
  }

  /** Runs it as a real stream: at once, so that nothing published from here on is missed. */
  #begin(): Outlet {
    if (this.#outlet !== undefined) return this.#outlet;
    const outlet = new Outlet(this.#controller);
    this.#outlet = outlet;
    const run = this.#start(() => outlet, this.#signals);
    run.ended.then(
      // What was handed out is settled in its time.
      () => Promise.all([outlet.end(), run.finish(false)]),
      (reason) => outlet.drop(reason),
    ).catch(() => {});
    return outlet;
  }
}
