import { type Job, Lane } from "./job.ts";

/** One job at a time per key. A lane is there only while its key is busy. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  /** Jobs that wait behind a key that runs. */
  waiting = 0;
  /** Jobs that wait behind a key that is held. */
  waitingBehindHeld = 0;

  /** Takes the key for the job, or parks the job behind it. */
  enter(job: Job, key: string): boolean {
    const lane = this.#lanes.get(key);
    if (lane === undefined) {
      job.lane = new Lane(key);
      this.#lanes.set(key, job.lane);
      return true;
    }
    lane.waiting.push(job);
    this.#count(lane, 1);
    return false;
  }

  /** Gives the key up; the job that waited longest has it now. */
  leave(job: Job): Job | undefined {
    const { lane } = job;
    if (lane === undefined) return undefined;
    job.lane = undefined;
    this.setHeld(lane, false);
    const next = lane.waiting.shift();
    if (next === undefined) {
      this.#lanes.delete(lane.key);
      return undefined;
    }
    this.#count(lane, -1);
    next.lane = lane;
    return next;
  }

  /** Says whether the lane's head is held. */
  setHeld(lane: Lane, isHeld: boolean): void {
    if (lane.isHeld === isHeld) return;
    this.#count(lane, -lane.waiting.length);
    lane.isHeld = isHeld;
    this.#count(lane, lane.waiting.length);
  }

  /** Takes a parked job out, wherever it waits. */
  remove(job: Job): void {
    const lane = job.key === undefined ? undefined : this.#lanes.get(job.key);
    const at = lane?.waiting.indexOf(job) ?? -1;
    if (lane === undefined || at < 0) return;
    lane.waiting.splice(at, 1);
    this.#count(lane, -1);
  }

  #count(lane: Lane, by: number): void {
    if (lane.isHeld) this.waitingBehindHeld += by;
    else this.waiting += by;
  }
}
