import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import { onlyOutcome, Outcome } from "../outcome.ts";
import { BatchContext, DeliveryContext } from "./contexts.ts";
import type { Ending } from "./ending.ts";
import { deliveryEvent } from "./events.ts";
import type { Job } from "./job.ts";
import type { DispatchEnv, Route } from "./route.ts";
import { Run } from "./run.ts";
import { Timeouts } from "./timeouts.ts";

/** What runs at once, with the deliveries that it is about. */
interface Unit {
  readonly run: Run;
  readonly jobs: readonly [Job, ...Job[]];
  readonly release: (() => void) | undefined;
}

interface Times {
  readonly limit: Timeouts<Unit>;
  readonly abandon: Timeouts<Unit>;
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

  /** Runs the handler of one delivery. A promise where the handler made one; it never rejects. */
  runOne(job: Job): Awaitable<void> {
    const run = this.#begin(job);
    const times = this.#timesOf(job.route);
    const unit = times === undefined
      ? undefined
      : this.#arm(times, { run, jobs: [job], release: undefined });
    let outcome: Awaitable<Outcome>;
    try {
      outcome = job.route.chain(new DeliveryContext(this.#env, job, run));
    } catch (error) {
      return this.#threw(job, run, unit, error);
    }
    if (!isPromiseLike<Outcome>(outcome)) {
      return this.#ended(job, run, unit, outcome);
    }
    return this.#wait(job, run, unit, outcome);
  }

  /** Runs the handler of several deliveries, and then gives up their common slot. */
  async runBatch(
    jobs: readonly [Job, ...Job[]],
    release: () => void,
  ): Promise<void> {
    const run = new Run();
    for (const job of jobs) this.#begin(job, run);
    const { route } = jobs[0];
    const times = this.#timesOf(route);
    const unit: Unit = { run, jobs, release };
    if (times !== undefined) this.#arm(times, unit);
    try {
      const outcome = await route.chain(new BatchContext(this.#env, jobs, run));
      if (this.#stopTime(unit, run)) this.#endBatch(unit, outcome);
    } catch (error) {
      if (this.#stopTime(unit, run)) this.#failBatch(unit, error, "error");
    }
  }

  /** Ends all waiting for time. */
  clear(): void {
    for (const { limit, abandon } of this.#times.values()) {
      limit.clear();
      abandon.clear();
    }
  }

  #begin(job: Job, run: Run = new Run()): Run {
    job.run = run;
    job.runs++;
    if (
      job.firstRunAt === 0 &&
      this.#env.guarantees.settleDeadlineMs !== undefined
    ) {
      job.firstRunAt = this.#env.clock.now();
    }
    this.#env.observer?.started?.(deliveryEvent(this.#env, job));
    return run;
  }

  async #wait(
    job: Job,
    run: Run,
    unit: Unit | undefined,
    outcome: PromiseLike<Outcome>,
  ): Promise<void> {
    let ended: Outcome;
    try {
      ended = await outcome;
    } catch (error) {
      return this.#threw(job, run, unit, error);
    }
    this.#ended(job, run, unit, ended);
  }

  #ended(job: Job, run: Run, unit: Unit | undefined, outcome: Outcome): void {
    if (!this.#stopTime(unit, run)) return;
    job.run = undefined;
    this.#env.observer?.finished?.(deliveryEvent(this.#env, job));
    this.#ending.conclude(job, outcome);
  }

  #threw(job: Job, run: Run, unit: Unit | undefined, error: unknown): void {
    if (!this.#stopTime(unit, run)) return;
    this.#failed(job, error, "error");
  }

  #failed(job: Job, error: unknown, reason: string): void {
    job.run = undefined;
    this.#env.observer?.finished?.({
      ...deliveryEvent(this.#env, job),
      error,
    });
    this.#ending.fail(job, error, reason);
  }

  #endBatch({ jobs, release }: Unit, outcome: Outcome): void {
    release?.();
    const each = outcome instanceof Outcome ? outcome.each : undefined;
    if (each !== undefined && each.length !== jobs.length) {
      return this.#mismatch(jobs, each.length);
    }
    const last = jobs.length - 1;
    for (const [index, job] of jobs.entries()) {
      job.run = undefined;
      this.#env.observer?.finished?.(deliveryEvent(this.#env, job));
      // Work for after a batch that ends as one is for after its last element.
      const own = each?.[index] ??
        (index === last ? outcome : withoutAfter(outcome));
      this.#ending.conclude(job, own);
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

  #failBatch({ jobs, release }: Unit, error: unknown, reason: string): void {
    release?.();
    // One of them may be at fault: from here on each goes alone, so that it holds up no other.
    for (const job of jobs) {
      job.alone = jobs.length > 1 || job.alone;
      this.#failed(job, error, reason);
    }
  }

  #timesOf(route: Route): Times | undefined {
    const { timeoutMs, abandonMs } = route.policy;
    if (timeoutMs === undefined) return undefined;
    const known = this.#times.get(route);
    if (known !== undefined) return known;
    const { clock } = this.#env;
    const abandon = new Timeouts<Unit>(
      clock,
      abandonMs,
      (unit) => this.#abandon(unit),
    );
    const limit = new Timeouts<Unit>(clock, timeoutMs, (unit) => {
      this.#timeOut(unit, timeoutMs);
      abandon.add(unit);
    });
    const made = { limit, abandon };
    this.#times.set(route, made);
    return made;
  }

  #arm(times: Times, unit: Unit): Unit {
    times.limit.add(unit);
    return unit;
  }

  #stopTime(unit: Unit | undefined, run: Run): boolean {
    if (unit !== undefined) {
      const times = this.#times.get(unit.jobs[0].route);
      times?.limit.remove(unit);
      times?.abandon.remove(unit);
    }
    if (run.over) return false;
    run.over = true;
    return true;
  }

  #timeOut({ run, jobs: [job] }: Unit, ms: number): void {
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

  #abandon(unit: Unit): void {
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

function withoutAfter(outcome: Outcome): Outcome {
  return outcome instanceof Outcome ? onlyOutcome(outcome) : outcome;
}
