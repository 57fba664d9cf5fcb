import { isPromiseLike } from "../contract/awaitable.ts";
import type { Clock } from "../contract/clock.ts";
import type { AsyncCodec, Codec } from "../contract/codec.ts";
import { headers } from "../contract/headers.ts";
import type { Message } from "../contract/message.ts";
import type { HandlerContext } from "../context.ts";
import { Deferred } from "../dispatch/deferred.ts";
import type { Job } from "../dispatch/job.ts";
import type { Run } from "../dispatch/run.ts";
import type { DeliveryEvent, Observer } from "../observe.ts";
import { Outcome } from "../outcome.ts";
import type { OpenAttempt, OpenCall } from "./call.ts";
import { never } from "./faulty_method.ts";
import type { PendingWait } from "./pending.ts";
import type { ProcessClock } from "./_process_clock.ts";
import type { PublishedBy, TestEvent, TestOutcome } from "./test_event.ts";

/** A message that left the application. */
export interface Published {
  readonly at: number;
  readonly broker: string;
  readonly message: Message;
  readonly options: object | undefined;
  readonly by: PublishedBy;
  /** The codec that is set around the publisher. */
  readonly nearest: Codec | AsyncCodec | undefined;
}

/** What is remembered of one subscriber. */
export class SubscriberRecord {
  readonly calls: OpenCall[] = [];
  /** Every attempt that ran or ended, in order. */
  readonly attempts: OpenAttempt[] = [];
}

/** A run that sleeps on the clock, and until when. */
interface Sleeper {
  readonly run: Run;
  readonly untils: number[];
}

type Delivery = DeliveryEvent["delivery"];
type TestedContext = HandlerContext & { readonly run: Run };
/** An element of a batch, with what is not in its type. */
type Element = { readonly payload: unknown; readonly job: Job };

/** Remembers all that happens in an application under test. */
export class Recorder {
  readonly events: TestEvent[] = [];
  readonly published: Published[] = [];
  /** Messages that are published later. */
  readonly scheduled: { readonly message: Message; readonly at: number }[] = [];
  /** Publishes and requests that have not ended. */
  readonly underWay: Set<Message> = new Set();
  /** Changes with everything that happens. */
  moves = 0;
  /** Told of each delivery that is taken and each run that begins. */
  onStep: () => void = () => {};
  /** Told of each delivery that is taken, and of each that has ended. */
  onDelivery: (event: DeliveryEvent, outcome?: TestOutcome) => void = () => {};
  readonly #clock: Clock;
  readonly #subscribers = new Map<string, SubscriberRecord>();
  readonly #sleepers = new Map<Run, Sleeper>();
  readonly #deferred = new WeakMap<Run, Deferred>();
  // The latest attempt of each delivery, and until when it is held.
  readonly #latest = new WeakMap<Delivery, OpenAttempt>();
  readonly #heldUntil = new WeakMap<Delivery, number>();
  readonly #takenAt = new WeakMap<Delivery, number>();
  readonly #calls = new WeakMap<OpenAttempt, OpenCall>();
  readonly #delayed: (PendingWait & { readonly until: number })[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  subscriber(name: string): SubscriberRecord {
    let record = this.#subscribers.get(name);
    if (record === undefined) {
      record = new SubscriberRecord();
      this.#subscribers.set(name, record);
    }
    return record;
  }

  add(event: TestEvent): void {
    this.moves++;
    this.events.push(event);
  }

  /** What a process tells it, as long as it lives. */
  observerOf(process: ProcessClock): Observer {
    return Object.fromEntries(
      Object.entries(this.observer).map(([hook, tell]) => [
        hook,
        (event: never) => process.dead ? undefined : tell(event),
      ]),
    );
  }

  /** What the application tells it. */
  readonly observer: Observer = {
    received: (event) => {
      this.#takenAt.set(event.delivery, event.at);
      this.add({ kind: "received", ...about(event) });
      this.onDelivery(event);
      this.onStep();
    },
    started: (event) => {
      const before = this.#latest.get(event.delivery);
      if (before !== undefined) before.outcome ??= "retry";
      this.#heldUntil.delete(event.delivery);
      this.add({ kind: "started", ...about(event) });
      this.onStep();
    },
    finished: (event) => {
      const { error } = event;
      this.add(
        error === undefined
          ? { kind: "returned", ...about(event) }
          : { kind: "threw", error, ...about(event) },
      );
    },
    held: (event) => {
      const { delivery, forMs, at } = event;
      this.#heldUntil.set(delivery, at + forMs);
      this.#failed(delivery);
      this.add({ kind: "held", forMs, ...about(event) });
    },
    settled: (event) => {
      const { settlement: outcome, afterMs, at } = event;
      this.#attemptOf(event).outcome = outcome;
      this.onDelivery(event, outcome);
      const when = afterMs === undefined ? {} : { afterMs };
      this.add({ kind: "settled", outcome, ...when, ...about(event) });
      if (afterMs === undefined) return;
      const { subscriber, address, attempt } = event;
      const until = at + afterMs;
      this.#delayed.push({
        why: "retry",
        subscriber,
        address,
        attempt: attempt + 1,
        until,
      });
    },
    notice: ({ code, message, subscriber, address }) =>
      this.add({
        kind: "notice",
        code,
        message,
        at: this.#clock.now(),
        ...(subscriber === undefined ? {} : { subscriber }),
        ...(address === undefined ? {} : { address }),
      }),
  };

  /** Retries that the broker delivers later. */
  get delayed(): readonly PendingWait[] {
    const now = this.#clock.now();
    return this.#delayed.filter(({ until }) => until > now);
  }

  /** Until when a delivery is held. */
  heldUntil(delivery: Delivery): number | undefined {
    return this.#heldUntil.get(delivery);
  }

  /** When a delivery was taken. */
  takenAt(delivery: Delivery): number {
    return this.#takenAt.get(delivery) ?? this.#clock.now();
  }

  /** Until when a run sleeps; undefined where it does not. */
  sleepsUntil(run: Run): number | undefined {
    const untils = this.#sleepers.get(run)?.untils;
    return untils === undefined
      ? this.#deferred.get(run)?.restsUntil
      : Math.min(...untils);
  }

  /** Sleeps of runs that have ended: of their work for after. */
  get lateSleeps(): number {
    return [...this.#sleepers.values()].filter(({ run }) => run.over).length;
  }

  /** What runs in the process has died with it. */
  forgetProcess(): void {
    this.moves++;
    this.underWay.clear();
    this.#sleepers.clear();
  }

  /** The context of a run, with a clock that tells of each sleep. */
  enter(ctx: HandlerContext, process: ProcessClock): HandlerContext {
    const { run } = ctx as TestedContext;
    const clock: HandlerContext["clock"] = {
      now: () => process.now(),
      sleep: (ms, signal) =>
        process.dead ? never() : this.#sleep(run, process, ms, signal),
    };
    return Object.create(ctx, { clock: { value: clock } });
  }

  /** Calls a handler, and remembers it. */
  call(
    name: string,
    batch: boolean,
    ctx: HandlerContext,
    run: () => unknown,
  ): unknown {
    const call = this.#begin(name, batch, ctx);
    let returned: unknown;
    try {
      returned = run();
      if (!isPromiseLike(returned)) {
        call.wentWell = isWell(returned);
        return returned;
      }
    } catch (error) {
      call.error = error;
      throw error;
    }
    if (returned instanceof Deferred) {
      this.#deferred.set((ctx as TestedContext).run, returned);
    }
    // What is only like a promise may run anew at each "then": it is asked once.
    const promise = Promise.resolve(returned);
    promise.then(
      (value) => call.wentWell = isWell(value),
      (error) => call.error = error,
    );
    return promise;
  }

  /** A message is on its way out; what it returns is told how that ended. */
  leaving(
    message: Message,
    of: Omit<Published, "at" | "message">,
  ): (failure?: { readonly error: unknown }) => void {
    this.moves++;
    // A copy: the same message may be published twice at once.
    const key = { ...message };
    this.underWay.add(key);
    return (failure) => {
      this.underWay.delete(key);
      const at = this.#clock.now();
      const { by } = of;
      const beside = {
        by,
        at,
        address: message.address,
        ...(by.subscriber === undefined ? {} : { subscriber: by.subscriber }),
      };
      if (failure === undefined) {
        this.published.push({ ...of, at, message });
        this.add({ kind: "published", ...beside });
      } else this.add({ kind: "not published", ...beside, ...failure });
    };
  }

  async #sleep(
    run: Run,
    process: ProcessClock,
    ms: number,
    signal?: AbortSignal,
  ): Promise<void> {
    this.moves++;
    const until = this.#clock.now() + ms;
    const sleeper = this.#sleepers.get(run) ?? { run, untils: [] };
    this.#sleepers.set(run, sleeper);
    sleeper.untils.push(until);
    try {
      await process.sleep(ms, signal);
    } finally {
      this.moves++;
      sleeper.untils.splice(sleeper.untils.indexOf(until), 1);
      if (sleeper.untils.length === 0) this.#sleepers.delete(run);
    }
  }

  #begin(name: string, batch: boolean, ctx: HandlerContext): OpenCall {
    const { job } = ctx as unknown as { readonly job: Job };
    const attempts = batch
      ? (ctx.payload as readonly Element[]).map((e) => attemptOf(e.job))
      : [attemptOf(job)];
    const jobs = batch
      ? (ctx.payload as readonly Element[]).map((e) => e.job)
      : [job];
    for (const [at, attempt] of attempts.entries()) {
      const delivery = jobs[at]?.delivery;
      if (delivery !== undefined) this.#latest.set(delivery, attempt);
    }
    const payload = batch ? attempts.map((a) => a.payload) : ctx.payload;
    const call: OpenCall = {
      payload,
      at: this.#clock.now(),
      attempts,
      error: undefined,
      wentWell: false,
    };
    const record = this.subscriber(name);
    record.calls.push(call);
    record.attempts.push(...attempts);
    for (const attempt of attempts) this.#calls.set(attempt, call);
    return call;
  }

  /** A delivery is held: for a retry, unless its handler went well and the publish after it did not. */
  #failed(delivery: Delivery): void {
    const attempt = this.#latest.get(delivery);
    if (attempt === undefined || this.#calls.get(attempt)?.wentWell) return;
    attempt.outcome ??= "retry";
  }

  /** The attempt that an ending is about; a new one where the handler was not called. */
  #attemptOf({ delivery, subscriber, ...event }: DeliveryEvent): OpenAttempt {
    const known = this.#latest.get(delivery);
    if (known !== undefined) return known;
    const { message } = delivery;
    const made: OpenAttempt = {
      payload: undefined,
      address: event.address,
      params: {},
      headers: headers(message.headers),
      key: message.key,
      body: message.body,
      attempt: event.attempt,
      outcome: undefined,
    };
    this.#latest.set(delivery, made);
    this.subscriber(subscriber).attempts.push(made);
    return made;
  }
}

function about(
  { at, subscriber, address, attempt }: DeliveryEvent,
): Pick<DeliveryEvent, "at" | "subscriber" | "address" | "attempt"> {
  return { at, subscriber, address, attempt };
}

function attemptOf(job: Job): OpenAttempt {
  const { message } = job.delivery;
  return {
    payload: job.payload,
    address: message.address,
    params: job.params,
    headers: job.rawHeaders,
    key: message.key,
    body: message.body,
    attempt: job.attempt,
    outcome: undefined,
  };
}

// A list holds an outcome for each element of a batch, and not all may be well.
function isWell(returned: unknown): boolean {
  return returned instanceof Outcome
    ? returned.settlement.kind === "ack"
    : !Array.isArray(returned);
}
