import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import { Batching } from "./batching.ts";
import {
  checkPayload,
  checkUnread,
  decodeAhead,
  decodeLater,
  decodeNow,
  Refusal,
  undecoded,
} from "./admission.ts";
import type { AsyncCodec } from "../contract/codec.ts";
import type { Delivery } from "../contract/delivery.ts";
import type { Batches, Subscription } from "../contract/subscription.ts";
import { reservedPrefix } from "../publish/encode.ts";
import { backoffMs, exhausted } from "./decide.ts";
import { Ending } from "./ending.ts";
import {
  deliveryEvent,
  tellExpired,
  tellLost,
  tellRefused,
  tellSubscribed,
} from "./events.ts";
import { Floor } from "./floor.ts";
import { Handling } from "./handling.ts";
import { Job } from "./job.ts";
import { Leases } from "./leases.ts";
import type { Pipe } from "./pipe.ts";
import { pipeHost } from "./pipe_host.ts";
import { Reading } from "./reading.ts";
import type { DispatchEnv, Route } from "./route.ts";
import { Settling, type Tally } from "./settling.ts";

/** Deliveries read ahead of the handlers. With keys, half of them are those that wait behind a busy one. */
const readAhead = 64;
/** The least wait before a lost subscription is opened again. */
const minReopenMs = 50;
/** A delivery that came so often is dead-lettered unrun: it kills the process. */
const neverFinishedAfter = 10;

/** Hands the deliveries of one subscription to its subscribers, and settles them. */
export class Dispatcher {
  readonly routes: readonly [Route, ...Route[]];
  readonly #env: DispatchEnv;
  readonly #floor: Floor;
  readonly #settling: Settling;
  readonly #ending: Ending;
  readonly #handling: Handling;
  readonly #batching: Batching | undefined;
  readonly #pipe: Pipe | undefined;
  readonly #leases: Leases;
  #subscription: Subscription & Partial<Batches>;
  #reading: Reading;
  readonly #isSerial: boolean;
  /** Whether a message may be another subscriber's, or nobody's. */
  readonly #chooses: boolean;
  readonly #isOrdered: boolean;
  readonly #stopping = new AbortController();
  #quiet: (() => void)[] = [];

  constructor(
    env: DispatchEnv,
    subscription: Subscription & Partial<Batches>,
    routes: readonly [Route, ...Route[]],
  ) {
    this.#env = env;
    this.#subscription = subscription;
    this.routes = routes;
    const [{ name, policy, batch, pipe }] = routes;
    this.#pipe = pipe;
    this.#floor = new Floor(env, {
      name,
      concurrency: policy.concurrency,
      maxHeld: policy.maxHeld,
      maxParked: readAhead / 2,
    });
    this.#settling = new Settling(env, this.#floor);
    this.#ending = new Ending(
      env,
      this.#floor,
      this.#settling,
      (job) => this.#again(job),
    );
    this.#handling = new Handling(env, this.#ending);
    this.#batching = batch === undefined ? undefined : new Batching(
      env,
      this.#floor,
      this.#handling,
      batch,
      () => this.#reading.isCaughtUp,
    );
    this.#isOrdered = routes.some((r) => r.policy.orderBy !== undefined);
    this.#reading = this.#readingOf(subscription);
    this.#leases = new Leases(env, this.#floor, () => this.#reading.unread);
    this.#chooses = routes.some((route) => route.when !== undefined);
    this.#isSerial = policy.concurrency === 1 &&
      routes.every((r) => r.policy.timeoutMs === undefined);
    this.#floor.onEmpty = () => this.#look();
    this.#settling.onQuiet = () => this.#look();
    const { parts: [floor, settling] } = this;
    pipe?.attach(pipeHost(env, floor, settling, () => this.#reading));
  }

  /** What is read now: another one after a loss. */
  get subscription(): Subscription & Partial<Batches> {
    return this.#subscription;
  }

  /** What became of the deliveries so far. */
  get tally(): Readonly<Tally> {
    return this.#settling.tally;
  }

  /** Whether nothing is in hand: nothing runs, waits, is held, or is being settled. */
  get isIdle(): boolean {
    return this.#floor.inHand.size === 0 && this.#settling.pending === 0 &&
      this.#reading.unread.length === 0;
  }

  /** Its parts, for a test that looks in. */
  get parts(): readonly [Floor, Settling, Reading] {
    return [this.#floor, this.#settling, this.#reading];
  }

  /** Begins to read. */
  start(): void {
    tellSubscribed(this.#env, this);
    this.#reading.start();
  }

  /**
   * Takes no more. What runs goes on; what waits or is held is given back, the head of each key first.
   *
   * @param drain Whether what has already arrived is handled still: nobody would deliver it again.
   */
  async stop(drain: boolean): Promise<void> {
    this.#floor.stopping = true;
    this.#floor.halted = !drain;
    this.#stopping.abort();
    const reading = drain ? this.#reading.drain() : this.#reading.cancel();
    for (const job of this.#floor.idleJobs()) {
      if (!drain || job.endHold !== undefined) this.#settling.giveBack(job);
    }
    if (!drain) this.#giveBackUnread();
    this.#floor.wake();
    await reading;
    this.#look();
  }

  /** Resolves when all has been read and nothing is in hand. */
  quiet(): Promise<void> {
    return new Promise((resolve) => {
      this.#quiet.push(resolve);
      this.#look();
    });
  }

  /** Aborts what still runs, and gives it and all the rest back. */
  abort(reason: unknown): void {
    this.#floor.stopping = true;
    this.#floor.halted = true;
    this.#stopping.abort();
    this.#reading.abandon();
    this.#giveBackUnread();
    for (const job of this.#floor.inHand.all()) {
      this.#settling.giveUp(job, reason);
    }
    this.#pipe?.drop(reason);
    this.#settling.end();
    this.close();
  }

  #giveBackUnread(): void {
    this.#batching?.clear();
    for (const delivery of this.#reading.takeUnread()) {
      this.#settling.giveBackUnread(delivery);
    }
  }

  /** Leaves no timer. */
  close(): void {
    this.#leases.clear();
    this.#handling.clear();
    this.#batching?.clear();
  }

  #readingOf(subscription: Subscription & Partial<Batches>): Reading {
    const [{ batch }] = this.routes;
    const ahead = this.#isOrdered ? readAhead / 2 : readAhead;
    return new Reading(this.#env, subscription, {
      max: batch?.max ?? ahead,
      // The batch that is collected is ahead enough.
      isEager: batch === undefined,
      room: () => this.#batching?.room ?? this.#floor.room,
      changed: () => this.#floor.changed(),
      ahead: (delivery) => decodeAhead(delivery, this.routes[0]),
      take: (delivery, decoded) => this.#take(delivery, decoded),
      caughtUp: () => (this.#batching ?? this.#pipe)?.idle(),
      stuck: () => (this.#batching ?? this.#pipe)?.full(),
      ended: () => this.#readAll(),
      lost: (cause) => void this.#lost(cause),
    });
  }

  async #lost(cause: unknown): Promise<void> {
    const [{ name, policy }] = this.routes;
    const { reopen, clock } = this.#env;
    const error = tellLost(this.#env, name, cause);
    if (reopen === undefined) {
      this.#env.fail(error);
      return this.#readAll();
    }
    for (let failed = 1; !this.#floor.stopping; failed++) {
      await clock.sleep(
        Math.max(minReopenMs, backoffMs(policy, failed, clock.random())),
        this.#stopping.signal,
      ).catch(() => {});
      if (this.#floor.stopping) break;
      try {
        this.#subscription = await reopen();
        if (this.#floor.stopping) break;
        this.#reading = this.#readingOf(this.#subscription);
        return this.#reading.start();
      } catch {
        // It is told at its loss, and tried again until the service stops.
      }
    }
    this.#readAll();
  }

  #look(): void {
    if (!this.#reading.isOver || !this.isIdle) return;
    for (const resolve of this.#quiet.splice(0)) resolve();
  }

  #readAll(): void {
    (this.#batching ?? this.#pipe)?.end();
    this.#look();
  }

  /** Takes one delivery in; a promise where the next one must wait for it. */
  #take(delivery: Delivery, decoded: unknown): Promise<void> | undefined {
    const job = new Job(delivery, this.routes[0]);
    this.#floor.inHand.add(job);
    if (this.#batching === undefined) this.#floor.occupy(job);
    this.#leases.arm();
    this.#env.observer?.received?.(deliveryEvent(this.#env, job));
    const admitted = decoded === undecoded
      ? this.#admit(job)
      : this.#match(job, decoded);
    if (typeof admitted !== "boolean") {
      return this.#enterLater(job, admitted);
    }
    const going = admitted ? this.#enter(job) : undefined;
    return going !== undefined && this.#isSerial && isPromiseLike<void>(going)
      ? going as Promise<void>
      : undefined;
  }

  #enterLater(
    job: Job,
    admitted: PromiseLike<boolean>,
  ): Promise<void> | undefined {
    const entered = (async () => {
      if (!await admitted) return;
      // It was read ahead of the handlers, and a stop gives such back.
      if (this.#floor.halted) return this.#settling.giveBack(job);
      const going = this.#enter(job);
      if (!this.#isOrdered && going !== undefined) await going;
    })();
    return this.#isOrdered || this.#isSerial || this.#batching !== undefined
      ? entered
      : undefined;
  }

  /** Whether the job may run; where not, it has been dealt with. */
  #admit(job: Job): Awaitable<boolean> {
    const early = this.#refuseUnread(job);
    if (early !== undefined) return early;
    const { codec } = job.route;
    return "waits" in codec
      ? this.#admitLater(job, codec)
      : this.#match(job, decodeNow(job.delivery, codec));
  }

  async #admitLater(job: Job, codec: AsyncCodec): Promise<boolean> {
    return await this.#match(job, await decodeLater(job, codec));
  }

  #match(job: Job, decoded: unknown): Awaitable<boolean> {
    if (decoded instanceof Refusal) return this.#refused(job, decoded);
    const matched = this.#route(job, decoded);
    if (matched !== undefined) return matched;
    const checked = checkPayload(job, decoded);
    return isPromiseLike<Refusal | undefined>(checked)
      ? this.#checkedLater(job, checked)
      : this.#checked(job, checked as Refusal | undefined);
  }

  async #checkedLater(
    job: Job,
    checked: PromiseLike<Refusal | undefined>,
  ): Promise<boolean> {
    return this.#checked(job, await checked);
  }

  #checked(job: Job, refusal: Refusal | undefined): boolean {
    if (refusal !== undefined) return this.#refused(job, refusal);
    job.isDecoded = true;
    return !job.over;
  }

  #refused(job: Job, refusal: Refusal): false {
    tellRefused(this.#env, job, refusal);
    this.#ending.refuse(job, refusal);
    return false;
  }

  /** Finds the subscriber that takes the message; false where none does. */
  #route(job: Job, value: unknown): false | undefined {
    if (!this.#chooses) return undefined;
    const candidate = {
      address: job.delivery.message.address,
      headers: job.rawHeaders,
    };
    try {
      for (const route of this.routes) {
        if (route.when !== undefined && !route.when(value, candidate)) continue;
        job.route = route;
        return undefined;
      }
    } catch (error) {
      return this.#refused(job, { reason: "when", error });
    }
    this.#unmatched(job);
    return false;
  }

  #unmatched(job: Job): void {
    const { onUnmatched } = job.route.policy;
    const error =
      `no subscriber takes a message of "${job.delivery.message.address}"`;
    if (onUnmatched === "ack") {
      return this.#settling.settle(job, { kind: "ack" }, "ack");
    }
    this.#ending.act(job, { kind: onUnmatched, reason: "unmatched", error });
  }

  /** What can be said before the body is looked at. */
  #refuseUnread(job: Job): false | undefined {
    const { policy } = job.route;
    const { attempt = 1, replyTo } = job.delivery;
    if (attempt >= policy.maxAttempts + neverFinishedAfter) {
      const error =
        `delivered ${attempt} times, and may run ${policy.maxAttempts} times`;
      this.#ending.act(job, exhausted(policy, "never-finished", error));
      return false;
    }
    const refusal = checkUnread(job, this.#env.clock);
    if (refusal !== undefined) return this.#refused(job, refusal);
    return replyTo === undefined ? undefined : this.#refuseExpired(job);
  }

  #refuseExpired(job: Job): false | undefined {
    const deadline = Number(job.rawHeaders.get(`${reservedPrefix}deadline`));
    if (!(deadline > 0) || this.#env.clock.now() <= deadline) return undefined;
    tellExpired(this.#env, job);
    this.#settling.settle(job, { kind: "ack" }, "ack");
    return false;
  }

  #enter(job: Job): Awaitable<void> {
    return job.key === undefined || this.#takeKey(job)
      ? this.#run(job)
      : undefined;
  }

  #takeKey(job: Job): boolean {
    return this.#floor.enter(job, () => this.#run(job));
  }

  #run(job: Job): Awaitable<void> {
    if (job.over) return undefined;
    if (this.#batching !== undefined) return this.#batching.add(job);
    return this.#handling.runOne(job);
  }

  /** Runs a job once more, from wherever it got to. */
  #again(job: Job): void {
    if (job.over) return;
    if (job.isDecoded) return void this.#run(job);
    const admitted = this.#admit(job);
    if (isPromiseLike<boolean>(admitted)) void this.#enterLater(job, admitted);
    else if (admitted) void this.#enter(job);
  }
}
