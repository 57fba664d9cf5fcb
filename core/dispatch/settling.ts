import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import type { Delivery, Settlement } from "../contract/delivery.ts";
import { isMessagingError } from "../contract/errors.ts";
import type { SettledEvent } from "../observe.ts";
import { deliveryEvent } from "./events.ts";
import type { Floor } from "./floor.ts";
import type { Job } from "./job.ts";
import type { DispatchEnv } from "./route.ts";

type AfterWork = readonly (() => Awaitable<void>)[];
const nothing: AfterWork = Object.freeze([]);
const release: Settlement = Object.freeze({ kind: "release" });

/** What became of the deliveries of one subscription. */
export interface Tally {
  /** Ended as somebody decided. */
  settled: number;
  /** Given back to the broker, which delivers them again. */
  returned: number;
  /** Neither: nobody will see them again. */
  lost: number;
}

/**
 * Settles deliveries, and keeps account.
 *
 * A slot is free when the settlement is claimed; its confirmation is waited for apart, and a drain waits for it.
 */
export class Settling {
  readonly tally: Tally = { settled: 0, returned: 0, lost: 0 };
  /** Called when the last confirmation or after-work has come. */
  onQuiet: (() => void) | undefined = undefined;
  readonly #env: DispatchEnv;
  readonly #floor: Floor;
  #pending = 0;
  /** Settlements that the broker has not confirmed or refused yet. */
  #claims = 0;
  #givenUp = false;

  constructor(env: DispatchEnv, floor: Floor) {
    this.#env = env;
    this.#floor = floor;
  }

  /** Confirmations and after-work under way. */
  get pending(): number {
    return this.#pending;
  }

  /** Ends a delivery. */
  settle(
    job: Job,
    settlement: Settlement,
    told: SettledEvent["settlement"],
    after: AfterWork = nothing,
  ): void {
    if (job.over || job.lost) return this.#floor.finish(job);
    const claimed = this.#claim(job, settlement);
    if (claimed === undefined || !isPromiseLike<void>(claimed)) {
      this.#done(job, settlement, told, after);
      this.#floor.finish(job);
      return;
    }
    this.#pending++;
    this.#claims++;
    this.#floor.finish(job);
    this.#confirm(claimed, job, settlement, told, after);
  }

  #confirm(
    claimed: PromiseLike<void>,
    job: Job,
    settlement: Settlement,
    told: SettledEvent["settlement"],
    after: AfterWork,
  ): void {
    claimed.then(
      () => this.#done(job, settlement, told, after),
      (error) => this.#again(job, settlement, told, after, error),
    ).then(() => {
      this.#claims--;
      this.#less();
    });
  }

  /** Waits for no confirmation any more: nobody knows what became of those deliveries, so they count as not settled. */
  end(): void {
    if (this.#givenUp) return;
    this.#givenUp = true;
    for (let claims = this.#claims; claims > 0; claims--) this.#unsettled();
  }

  /** Gives a delivery back whose handler runs, and asks that to stop. */
  giveUp(job: Job, reason: unknown): void {
    const { run } = job;
    if (run !== undefined) {
      run.stopTime?.();
      run.over = true;
      run.abort(reason);
      this.#env.observer?.finished?.({
        ...deliveryEvent(this.#env, job),
        error: reason,
      });
    }
    this.giveBack(job);
  }

  /** Gives a delivery back unhandled. */
  giveBack(job: Job): void {
    if (job.over) return;
    this.#floor.forget(job);
    if (job.lost) return this.#floor.finish(job);
    this.#release(job.delivery);
    this.#env.observer?.settled?.({
      ...deliveryEvent(this.#env, job),
      settlement: "release",
    });
    this.#floor.finish(job);
  }

  /** Gives back what was read and not looked at yet. */
  giveBackUnread(delivery: Delivery): void {
    this.#release(delivery);
  }

  /** Runs work for after a settlement; a drain waits for it. */
  runAfter(job: Job, after: AfterWork): void {
    if (after.length > 0) this.track(this.#runInOrder(job, after));
  }

  /** Waits for something that a drain must wait for. */
  track(work: PromiseLike<unknown>): void {
    this.#pending++;
    work.then(() => this.#less(), () => this.#less());
  }

  async #runInOrder(job: Job, after: AfterWork): Promise<void> {
    for (const work of after) {
      try {
        await work();
      } catch (error) {
        this.#env.notice({
          level: "error",
          code: "after-failed",
          subscriber: job.route.name,
          address: job.delivery.message.address,
          message:
            `Cannot finish the work after a settlement of "${job.route.name}": it threw`,
          error,
        });
      }
    }
  }

  #claim(job: Job, settlement: Settlement): Awaitable<void> {
    try {
      return job.delivery.settle(settlement);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #again(
    job: Job,
    settlement: Settlement,
    told: SettledEvent["settlement"],
    after: AfterWork,
    first: unknown,
  ): Promise<void> {
    if (mayBeTaken(job, first)) {
      try {
        await job.delivery.settle(settlement);
        return this.#done(job, settlement, told, after);
      } catch {
        // The first error says more; it is told below.
      }
    }
    job.told(first);
    if (this.#givenUp) return;
    this.#unsettled();
    this.#env.notice({
      level: "error",
      code: "settle-refused",
      subscriber: job.route.name,
      address: job.delivery.message.address,
      message:
        `Cannot ${settlement.kind} a delivery of "${job.route.name}": the broker refused`,
      error: first,
    });
  }

  #done(
    job: Job,
    settlement: Settlement,
    told: SettledEvent["settlement"],
    after: AfterWork,
  ): void {
    job.told();
    if (this.#givenUp) return;
    this.tally.settled++;
    this.#env.observer?.settled?.({
      ...deliveryEvent(this.#env, job),
      settlement: told,
      ...(settlement.kind === "retry" && settlement.afterMs !== undefined
        ? { afterMs: settlement.afterMs }
        : {}),
    });
    if (after.length > 0) this.runAfter(job, after);
  }

  #release(delivery: Delivery): void {
    this.#unsettled();
    let given: Awaitable<void>;
    try {
      given = delivery.settle(release);
    } catch {
      // Unsettled is what it stays; where the broker keeps it, it comes again.
      return;
    }
    if (isPromiseLike<void>(given)) this.track(given);
  }

  #unsettled(): void {
    if (this.#env.guarantees.redelivery === "until-settled") {
      this.tally.returned++;
    } else this.tally.lost++;
  }

  #less(): void {
    this.#pending--;
    if (this.#pending === 0) this.onQuiet?.();
  }
}

/** Whether a second try of a refused settlement is of use: the delivery is still ours. */
function mayBeTaken({ delivery, lost }: Job, refusal: unknown): boolean {
  if (
    lost || isMessagingError(refusal, "settled") ||
    isMessagingError(refusal, "closed")
  ) return false;
  try {
    return delivery.extend?.() !== false;
  } catch {
    return true;
  }
}
