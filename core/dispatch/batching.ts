import type { Floor } from "./floor.ts";
import type { Handling } from "./handling.ts";
import type { Job } from "./job.ts";
import type { DispatchEnv } from "./route.ts";

/** Collects deliveries into batches: full, or so many milliseconds after the first, or when nothing more has arrived. */
export class Batching {
  readonly #env: DispatchEnv;
  readonly #floor: Floor;
  readonly #handling: Handling;
  readonly #max: number;
  readonly #waitMs: number;
  #collected: Job[] = [];
  #isDue = false;
  #isEnded = false;
  #cancel: (() => void) | undefined = undefined;

  constructor(
    env: DispatchEnv,
    floor: Floor,
    handling: Handling,
    { max, waitMs }: { readonly max: number; readonly waitMs: number },
    isCaughtUp: () => boolean,
  ) {
    this.#env = env;
    this.#floor = floor;
    this.#handling = handling;
    this.#max = max;
    this.#waitMs = waitMs;
    floor.onFree = () => {
      // What came back from a hold or from behind its key is not followed by the end of a chunk.
      if (isCaughtUp()) this.idle();
      this.#flush();
    };
  }

  /** Whether another delivery may be collected. */
  get room(): boolean {
    return this.#collected.length < this.#max && this.#floor.mayTake;
  }

  /** Adds a delivery that is decoded, and whose key is free. It has no slot: its batch will have one. */
  add(job: Job): void {
    this.#floor.vacate(job);
    job.go = () => this.add(job);
    if (job.alone) {
      this.#run([job]);
      return;
    }
    this.#collected.push(job);
    if (this.#collected.length >= this.#max) this.#isDue = true;
    else if (this.#collected.length === 1 && this.#waitMs > 0) {
      this.#cancel = this.#env.clock.after(this.#waitMs, () => {
        this.#cancel = undefined;
        this.#isDue = true;
        this.#flush();
      });
    }
    this.#flush();
  }

  /** Nothing more has arrived: without a wait, what is there goes. */
  idle(): void {
    if (this.#waitMs === 0 || this.#isEnded) this.full();
  }

  /** What is there goes, wait or no wait: no more is taken in for now. */
  full(): void {
    if (this.#collected.length === 0) return;
    this.#isDue = true;
    this.#flush();
  }

  /** Nothing more will come: nothing is waited for from here on. */
  end(): void {
    this.#isEnded = true;
    this.full();
  }

  /** Collects nothing any more. What was collected is in hand and idle: it is given back with the rest. */
  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#collected = [];
  }

  #flush(): void {
    if (!this.#isDue || !this.#floor.hasSlot) return;
    const jobs: Job[] = [];
    const rest: Job[] = [];
    for (const job of this.#collected) {
      if (job.over) continue;
      // What was collected while a batch ran that must be retried first goes after it.
      const waits = this.#floor.isBarred && !job.extras?.isBarrier;
      (waits || jobs.length === this.#max ? rest : jobs).push(job);
    }
    this.#collected = rest;
    this.#isDue = rest.length > 0;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#run(jobs);
  }

  #run(jobs: readonly Job[]): void {
    const [first, ...rest] = jobs;
    if (first === undefined) return;
    for (const job of jobs) job.go = undefined;
    this.#floor.occupy();
    void this.#handling.runBatch([first, ...rest], () => this.#floor.vacate())
      .then(() => this.#floor.pump());
  }
}
