import type { Job } from "./job.ts";
import { JobList } from "./job.ts";
import { Lanes } from "./lanes.ts";
import type { DispatchEnv } from "./route.ts";

/** What waits while a job is held: its key or the whole subscription, nobody, or only its key. */
export type HoldOrder = "keep" | "yield" | "stay";

/** Bounds of a {@linkcode Floor}. */
export interface FloorOptions {
  readonly name: string;
  readonly concurrency: number;
  readonly maxHeld: number;
  /** How many may wait behind busy keys. */
  readonly maxParked: number;
}

/**
 * Who may run: slots, keys, what is held for a retry, and whether more may be taken in.
 *
 * A job has a slot while it runs. Held, it gives the slot back, unless as many are held as may be: then it keeps it, and so intake stops.
 */
export class Floor {
  readonly inHand: JobList = new JobList();
  readonly lanes: Lanes = new Lanes();
  /** Nothing more is held, and nothing is started that has not run yet. */
  stopping = false;
  /** Nothing is started any more: what waits is being given back. */
  halted = false;
  /** Called when a slot may be free and nobody waits for it. */
  onFree: (() => void) | undefined = undefined;
  /** Called when the last job has gone. */
  onEmpty: (() => void) | undefined = undefined;
  readonly #env: DispatchEnv;
  readonly #options: FloorOptions;
  readonly #ready: Job[] = [];
  #inFlight = 0;
  #held = 0;
  #barriers = 0;
  #pauses = 0;
  #pumping = false;
  #wake: (() => void) | undefined = undefined;
  #toldLimit = false;

  constructor(env: DispatchEnv, options: FloorOptions) {
    this.#env = env;
    this.#options = options;
  }

  /** Whether a slot is free, nobody waits for it, and nothing keeps intake back. */
  get room(): boolean {
    return this.#inFlight < this.#options.concurrency &&
      this.#ready.length === 0 && this.mayTake;
  }

  /** Whether a slot is free. */
  get hasSlot(): boolean {
    return this.#inFlight < this.#options.concurrency;
  }

  /** Whether the whole subscription waits for a retry. */
  get isBarred(): boolean {
    return this.#barriers > 0;
  }

  /** Whether nothing keeps intake back, slots apart. */
  get mayTake(): boolean {
    return this.#barriers === 0 && this.#pauses === 0 &&
      // Also those behind a key that runs: when it is held, so are they.
      this.#held + this.lanes.waitingBehindHeld + this.lanes.waiting <
        this.#options.maxHeld &&
      this.lanes.waiting < this.#options.maxParked;
  }

  /** How many count for "maxHeld". */
  get #inBound(): number {
    return this.#held + this.lanes.waitingBehindHeld;
  }

  /** Resolves when something has changed that {@linkcode room} depends on. One waits at a time. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Wakes whoever waits for room. */
  wake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** Takes a slot, of a job or of a batch. */
  occupy(job?: Job): void {
    if (job !== undefined) job.hasSlot = true;
    this.#inFlight++;
  }

  /** Gives a slot back. */
  vacate(job?: Job): void {
    if (job !== undefined) {
      if (!job.hasSlot) return;
      job.hasSlot = false;
    }
    this.#inFlight--;
  }

  /** Takes the job's key; false where it is busy, and the job waits behind it without a slot. */
  enter(job: Job, go: () => unknown): boolean {
    if (job.key === undefined || job.lane !== undefined) return true;
    if (this.lanes.enter(job, job.key)) return true;
    job.go = go;
    this.vacate(job);
    // While it was decoded somebody may have come to wait for its slot.
    if (this.#ready.length > 0 || this.#wake !== undefined) this.pump();
    return false;
  }

  /** The job is settled, given back, or no longer ours. */
  finish(job: Job): void {
    if (job.over) return;
    job.over = true;
    const { extras } = job;
    extras?.endHold?.();
    this.inHand.remove(job);
    this.vacate(job);
    this.#leaveLane(job);
    if (extras !== undefined) {
      if (extras.isBarrier) this.#barriers--;
      this.resumeIntake(job);
    }
    if (
      this.#ready.length > 0 || this.#wake !== undefined ||
      this.onFree !== undefined
    ) {
      this.pump();
    }
    if (this.inHand.size === 0) this.onEmpty?.();
  }

  /** Intake waits for the job. */
  pauseIntake(job: Job): void {
    const extras = job.withExtras();
    if (extras.pausesIntake) return;
    extras.pausesIntake = true;
    this.#pauses++;
  }

  /** Intake waits for it no longer. */
  resumeIntake(job: Job): void {
    const { extras } = job;
    if (!extras?.pausesIntake) return;
    extras.pausesIntake = false;
    this.#pauses--;
  }

  /** Holds the job in this process, unsettled, and then goes on with it. */
  hold(job: Job, afterMs: number, order: HoldOrder, go: () => unknown): void {
    job.go = go;
    const extras = job.withExtras();
    extras.plannedMs += afterMs;
    this.#block(job, order);
    const counted = this.#inBound < this.#options.maxHeld;
    if (counted) {
      this.#held++;
      this.vacate(job);
    }
    if (this.#inBound >= this.#options.maxHeld) this.#tellLimit();
    const cancel = this.#env.clock.after(afterMs, () => {
      extras.endHold?.();
      this.#comeBack(job);
    });
    extras.endHold = () => {
      extras.endHold = undefined;
      cancel();
      if (counted) this.#held--;
      if (job.lane !== undefined) this.lanes.setHeld(job.lane, false);
    };
    this.pump();
  }

  /** Starts what is ready while there are slots, then says that there is room. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (!this.halted && this.hasSlot) {
      const at = this.#barriers === 0 ? 0 : this.#ready.indexOf(this.#barrier);
      const [job] = at < 0 ? [] : this.#ready.splice(at, 1);
      if (job === undefined) break;
      if (job.over) continue;
      this.occupy(job);
      this.#goOn(job);
    }
    this.#pumping = false;
    if (!this.halted) this.onFree?.();
    // A batch is collected while all slots are taken, so who collects looks for itself.
    if (this.room || this.stopping || this.onFree !== undefined) this.wake();
  }

  /** What is in hand and does not run: held, waiting behind a key, or waiting for a slot. In order of arrival, so the head of a key comes before those behind it. */
  idleJobs(): readonly Job[] {
    return this.inHand.all().filter((job) =>
      job.run === undefined && job.go !== undefined
    );
  }

  /** Takes the job out of wherever it waits. */
  forget(job: Job): void {
    this.lanes.remove(job);
    const at = this.#ready.indexOf(job);
    if (at >= 0) this.#ready.splice(at, 1);
  }

  #goOn(job: Job): void {
    const { go } = job;
    job.go = undefined;
    go?.();
  }

  #comeBack(job: Job): void {
    const { go } = job;
    if (go === undefined || job.over) return;
    if (!this.enter(job, go)) return;
    if (job.extras?.isBarrier && job !== this.#barrier) this.vacate(job);
    if (job.hasSlot) this.#goOn(job);
    else this.#ready.push(job);
    this.pump();
  }

  /** The eldest of those that the whole subscription waits for: they go in the order they came. */
  get #barrier(): Job {
    return this.inHand.find((job) => job.extras?.isBarrier === true) as Job;
  }

  #block(job: Job, order: HoldOrder): void {
    if (order === "yield") this.#leaveLane(job);
    else if (job.lane !== undefined) this.lanes.setHeld(job.lane, true);
    else if (order === "keep" && !job.extras?.isBarrier) {
      job.withExtras().isBarrier = true;
      this.#barriers++;
    }
  }

  #leaveLane(job: Job): void {
    const next = this.lanes.leave(job);
    if (next !== undefined) this.#ready.push(next);
  }

  #tellLimit(): void {
    if (this.#toldLimit) return;
    this.#toldLimit = true;
    this.#env.notice({
      level: "warn",
      code: "held-limit",
      subscriber: this.#options.name,
      message:
        `Cannot hold more deliveries of "${this.#options.name}" for a retry: maxHeld is ${this.#options.maxHeld}, so intake waits`,
    });
  }
}
