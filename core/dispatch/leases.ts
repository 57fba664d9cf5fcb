import type { Delivery } from "../contract/delivery.ts";
import type { Floor } from "./floor.ts";
import type { Job } from "./job.ts";
import type { DispatchEnv } from "./route.ts";

/**
 * Extends what is in hand at half of the broker's deadline: running, queued and held alike.
 *
 * One timer serves all; it is armed while something is in hand.
 */
export class Leases {
  readonly #env: DispatchEnv;
  readonly #floor: Floor;
  readonly #unread: () => (Delivery | undefined)[];
  readonly #everyMs: number | undefined;
  #cancel: (() => void) | undefined = undefined;

  /** `unread` gives what was read and not looked at yet; an entry is cleared when its delivery is no longer ours. */
  constructor(
    env: DispatchEnv,
    floor: Floor,
    unread: () => (Delivery | undefined)[],
  ) {
    this.#env = env;
    this.#floor = floor;
    this.#unread = unread;
    const { settleDeadlineMs } = env.guarantees;
    this.#everyMs = settleDeadlineMs === undefined
      ? undefined
      : settleDeadlineMs / 2;
  }

  /** Something is in hand. */
  arm(): void {
    if (this.#everyMs === undefined) return;
    this.#cancel ??= this.#env.clock.after(this.#everyMs, this.#tick);
  }

  /** Extends nothing any more. */
  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  readonly #tick = (): void => {
    this.#cancel = undefined;
    const jobs = this.#floor.inHand.all();
    const unread = this.#unread();
    for (const job of jobs) this.#extend(job);
    for (const [index, delivery] of unread.entries()) {
      if (delivery !== undefined && isGone(delivery)) unread[index] = undefined;
    }
    if (jobs.length > 0 || unread.length > 0) this.arm();
  };

  #extend(job: Job): void {
    if (job.over || job.lost || job.delivery.extend === undefined) return;
    if (this.#heldTooLong(job)) return;
    if (isGone(job.delivery)) this.#lose(job);
  }

  #heldTooLong(job: Job): boolean {
    const { maxHoldMs } = job.route.policy;
    if (job.firstRunAt === undefined) return false;
    const plannedMs = job.extras?.plannedMs ?? 0;
    const heldMs = this.#env.clock.now() - job.firstRunAt - plannedMs;
    if (heldMs <= maxHoldMs) return false;
    if (!job.extras?.toldLongHold) {
      job.withExtras().toldLongHold = true;
      this.#tell(
        job,
        "held-too-long",
        `Cannot extend a delivery of "${job.route.name}" any more: it was in hand for ${maxHoldMs} ms`,
      );
    }
    return true;
  }

  #lose(job: Job): void {
    job.lost = true;
    const message =
      `Cannot settle a delivery of "${job.route.name}": the broker gave it to somebody else`;
    this.#tell(job, "lease-lost", message);
    if (job.run !== undefined) {
      // The others of a batch are still ours: only a handler of this delivery alone is told.
      if (job.route.batch === undefined) {
        job.run.abort(new DOMException(message, "AbortError"));
      }
      return;
    }
    this.#floor.forget(job);
    this.#floor.finish(job);
  }

  #tell(job: Job, code: "held-too-long" | "lease-lost", message: string): void {
    this.#env.notice({
      level: "error",
      code,
      subscriber: job.route.name,
      address: job.delivery.message.address,
      message,
    });
  }
}

// A throw does not say that the delivery is gone, and the others need their turn: settling it will tell.
function isGone(delivery: Delivery): boolean {
  try {
    return delivery.extend?.() === false;
  } catch {
    return false;
  }
}
