import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import { alsoAfter, onlyOutcome, Outcome } from "../outcome.ts";
import { BatchContext, DeliveryContext } from "./contexts.ts";
import { exhausted } from "./decide.ts";
import { Deferred, type Told } from "./deferred.ts";
import type { Ending } from "./ending.ts";
import { deliveryEvent, startedEvent } from "./events.ts";
import type { Job } from "./job.ts";
import type { DispatchEnv, Route } from "./route.ts";
import { PendingOutcome, type Reading } from "./pending.ts";
import type { Run } from "./run.ts";
import { Timeouts } from "./timeouts.ts";
import { Final, SplitBatch } from "./verdicts.ts";

/** What runs at once and has a limit, with the deliveries that it is about. */
interface Timed {
  readonly run: Run;
  readonly jobs: readonly [Job, ...Job[]];
  /** Gives up the slot of a batch. */
  readonly release: (() => void) | undefined;
}

interface Times {
  readonly limit: Timeouts<Timed>;
  readonly abandon: Timeouts<Timed>;
}

/** Runs handlers, and gives up those that do not end. */
export class Handling {
  readonly #env: DispatchEnv;
  readonly #ending: Ending;
  readonly #times = new Map<Route, Times>();

  constructor(env: DispatchEnv, ending: Ending) {
    this.#env = env;
    this.#ending = ending;
  }

  readonly #deferred: Told<DeliveryContext> = {
    succeeded: (run, outcome) =>
      run.read === undefined
        ? this.#ended(run.job, run, outcome)
        : this.#returned(run.job, run, run.read, outcome),
    failed: (run, error) => this.#threw(run.job, run, error),
  };

  /** Runs the handler of one delivery. A promise where the handler made one; it never rejects. */
  runOne(job: Job): Awaitable<void> {
    // Before the context is made: it says which run this is.
    job.runs++;
    const run = new DeliveryContext(this.#env, job);
    this.#begin(job, run);
    if (job.route.policy.timeoutMs !== undefined) {
      this.#arm({ run, jobs: [job], release: undefined });
    }
    let outcome: Awaitable<Outcome>;
    try {
      outcome = job.route.chain(run);
    } catch (error) {
      return this.#threw(job, run, error);
    }
    if (outcome instanceof Outcome) return this.#ended(job, run, outcome);
    if (outcome instanceof Deferred) {
      return outcome.tell(this.#deferred, run);
    }
    if (outcome instanceof PendingOutcome) {
      const { read, returned } = outcome;
      if (returned instanceof Deferred) {
        run.read = read;
        return returned.tell(this.#deferred, run);
      }
      return this.#wait(job, run, outcome);
    }
    return this.#foreign(job, run, outcome);
  }

  #wait(
    job: Job,
    run: Run,
    { returned, read }: PendingOutcome,
  ): Promise<void> {
    // A promise is given back as it is; what is only like one may throw in its "then".
    return Promise.resolve(returned).then(
      (value) => this.#returned(job, run, read, value),
      (error) => this.#threw(job, run, error),
    );
  }

  // A middleware gave it, so it may be anything: a promise, or what throws when it is looked at.
  #foreign(job: Job, run: Run, outcome: Awaitable<Outcome>): Awaitable<void> {
    let waits: boolean;
    try {
      waits = isPromiseLike<Outcome>(outcome);
    } catch (error) {
      return this.#threw(job, run, error);
    }
    if (!waits) return this.#ended(job, run, outcome as Outcome);
    return Promise.resolve(outcome).then(
      (ended) => this.#ended(job, run, ended),
      (error) => this.#threw(job, run, error),
    );
  }

  /** Runs the handler of several deliveries, and then gives up their common slot. */
  async runBatch(
    jobs: readonly [Job, ...Job[]],
    release: () => void,
  ): Promise<void> {
    for (const job of jobs) job.runs++;
    const run = new BatchContext(this.#env, jobs);
    jobs.forEach((job, index) => this.#begin(job, run, index, jobs.length));
    const { route } = jobs[0];
    const batch: Timed = { run, jobs, release };
    if (route.policy.timeoutMs !== undefined) this.#arm(batch);
    try {
      const outcome = await route.chain(run);
      if (this.#end(run)) this.#endBatch(batch, outcome);
    } catch (error) {
      if (!this.#end(run)) return;
      if (error instanceof SplitBatch) this.#splitBatch(batch);
      else if (error instanceof Final) this.#endFinally(batch, error);
      else this.#failBatch(batch, error, "error");
    }
  }

  /** Ends all waiting for time. */
  clear(): void {
    for (const { limit, abandon } of this.#times.values()) {
      limit.clear();
      abandon.clear();
    }
  }

  #begin(job: Job, run: Run, index = 0, size?: number): void {
    job.run = run;
    if (
      job.firstRunAt === undefined &&
      this.#env.guarantees.settleDeadlineMs !== undefined
    ) {
      job.firstRunAt = this.#env.clock.now();
    }
    this.#env.observer?.started?.(startedEvent(this.#env, job, index, size));
  }

  #returned(job: Job, run: Run, read: Reading, value: unknown): void {
    let outcome: Outcome;
    try {
      outcome = read(value);
    } catch (error) {
      return this.#threw(job, run, error);
    }
    this.#ended(job, run, outcome);
  }

  #ended(job: Job, run: Run, outcome: Outcome): void {
    if (!this.#end(run)) return;
    job.run = undefined;
    this.#env.observer?.finished?.(deliveryEvent(this.#env, job));
    this.#ending.conclude(job, outcome);
  }

  #threw(job: Job, run: Run, error: unknown): void {
    if (!this.#end(run)) return;
    const one: Timed = { run, jobs: [job], release: undefined };
    // Of a pipeline: of the batches that were made in it.
    if (error instanceof SplitBatch) this.#splitBatch(one);
    else if (error instanceof Final) this.#endFinally(one, error);
    else this.#failed(job, error, "error");
  }

  #failed(job: Job, error: unknown, reason: string): void {
    job.run = undefined;
    this.#env.observer?.finished?.({
      ...deliveryEvent(this.#env, job),
      error,
    });
    this.#ending.fail(job, error, reason);
  }

  #endBatch(batch: Timed, outcome: Outcome): void {
    const { jobs, release } = batch;
    release?.();
    if (!(outcome instanceof Outcome)) {
      const error = new TypeError(
        `Cannot settle a batch of "${
          jobs[0].route.name
        }": a middleware gave ${typeof outcome} for an outcome`,
      );
      return this.#failBatch({ ...batch, release: undefined }, error, "error");
    }
    const { each } = outcome;
    if (each !== undefined && each.length !== jobs.length) {
      return this.#mismatch(jobs, each.length);
    }
    const last = jobs.length - 1;
    for (const [index, job] of jobs.entries()) {
      job.run = undefined;
      this.#env.observer?.finished?.(deliveryEvent(this.#env, job));
      // Work for after a batch that ends as one is for after its last element.
      this.#ending.conclude(
        job,
        index === last
          ? lastOf(outcome)
          : each === undefined
          ? onlyOutcome(outcome)
          : each[index] as Outcome,
      );
    }
  }

  #mismatch(jobs: readonly Job[], found: number): void {
    const [first] = jobs;
    const name = first?.route.name ?? "";
    const error = new TypeError(
      `Cannot settle a batch of "${name}": expected ${jobs.length} outcomes, found ${found}`,
    );
    this.#env.notice({
      level: "error",
      code: "batch-mismatch",
      subscriber: name,
      message: error.message,
      error,
    });
    for (const job of jobs) this.#failed(job, error, "error");
  }

  #failBatch({ jobs, release }: Timed, error: unknown, reason: string): void {
    release?.();
    // One of them may be at fault: from here on each goes alone, so that it holds up no other.
    for (const job of jobs) {
      job.alone = true;
      this.#failed(job, error, reason);
    }
  }

  /** Each goes alone, at once, and this run of it does not count. */
  #splitBatch({ jobs, release }: Timed): void {
    release?.();
    for (const job of jobs) {
      job.alone = true;
      job.runs--;
      job.run = undefined;
      this.#env.observer?.finished?.(deliveryEvent(this.#env, job));
      if (job.over || job.lost) {
        this.#ending.fail(job, new SplitBatch());
        continue;
      }
      this.#ending.act(job, {
        kind: "hold",
        afterMs: 0,
        keep: job.route.policy.order === "keep",
      });
    }
  }

  /** What cannot be encoded ends its delivery. */
  #endFinally({ jobs: [job], release }: Timed, final: Final): void {
    release?.();
    const { reason, cause } = final;
    if (job.over || job.lost) return this.#failed(job, cause, "error");
    job.run = undefined;
    this.#env.observer?.finished?.({
      ...deliveryEvent(this.#env, job),
      ...(reason === "reply-failed" ? {} : { error: cause }),
    });
    this.#ending.act(job, exhausted(job.route.policy, reason, cause));
  }

  #arm(timed: Timed): void {
    const { limit, abandon } = this.#timesOf(timed.jobs[0].route);
    limit.add(timed);
    timed.run.stopTime = () => {
      limit.remove(timed);
      abandon.remove(timed);
    };
  }

  #timesOf(route: Route): Times {
    const known = this.#times.get(route);
    if (known !== undefined) return known;
    const { timeoutMs = Infinity, abandonMs } = route.policy;
    const { clock } = this.#env;
    const abandon = new Timeouts<Timed>(
      clock,
      abandonMs,
      (timed) => this.#abandon(timed),
    );
    const limit = new Timeouts<Timed>(clock, timeoutMs, (timed) => {
      this.#timeOut(timed, timeoutMs);
      abandon.add(timed);
    });
    const made = { limit, abandon };
    this.#times.set(route, made);
    return made;
  }

  /** Ends the run; false where it was given up already. */
  #end(run: Run): boolean {
    run.stopTime?.();
    if (run.over) return false;
    run.over = true;
    return true;
  }

  #timeOut({ run, jobs: [job] }: Timed, ms: number): void {
    const reason = new DOMException(
      `Cannot finish a delivery of "${job.route.name}" in ${ms} ms`,
      "TimeoutError",
    );
    this.#env.notice({
      level: "warn",
      code: "timed-out",
      subscriber: job.route.name,
      address: job.delivery.message.address,
      message: reason.message,
    });
    run.abort(reason);
  }

  #abandon(unit: Timed): void {
    const { run, jobs: [job] } = unit;
    if (run.over) return;
    run.over = true;
    const { abandonMs } = job.route.policy;
    const error = new DOMException(
      `Cannot wait for the handler of "${job.route.name}": it goes on ${abandonMs} ms after its timeout`,
      "TimeoutError",
    );
    this.#env.notice({
      level: "error",
      code: "abandoned",
      subscriber: job.route.name,
      address: job.delivery.message.address,
      message: error.message,
      error,
    });
    if (job.route.batch === undefined) this.#failed(job, error, "timeout");
    else this.#failBatch(unit, error, "timeout");
  }
}

/** The outcome of a batch's last element, with the work for after the batch. */
function lastOf(outcome: Outcome): Outcome {
  const own = outcome.each?.at(-1);
  if (own === undefined) return outcome;
  return alsoAfter(own, outcome);
}
