import type { PipeEnv } from "../dispatch/pipe.ts";
import { failed } from "../dispatch/end.ts";
import type { Claim } from "./claim.ts";
import { Gate, type Link, type OpenLink, type Place as At } from "./link.ts";

/** What a {@linkcode ParallelLink} is made of. */
export interface ParallelOptions {
  readonly n: number;
  /** Opens the stage that runs side by side with itself. */
  readonly open: OpenLink;
  readonly key: ((payload: unknown) => string) | undefined;
  readonly unordered: boolean;
}

interface Output {
  readonly payload: unknown;
  readonly claim: Claim;
  readonly at: At;
}

/** One payload, from its push until all that was made of it has gone on. */
interface Place extends Output {
  readonly key: string | undefined;
  readonly outputs: Output[];
  isDone: boolean;
}

/** One opened stage, and the payload that it has. */
class Lane implements Link {
  readonly link: Link;
  place: Place | undefined = undefined;
  readonly #gate: Gate | undefined;

  /** What comes out goes on by the gate at once, or without one waits at its place. */
  constructor(env: PipeEnv, open: OpenLink, gate: Gate | undefined) {
    this.#gate = gate;
    this.link = open(env, this);
  }

  push(
    payload: unknown,
    claim: Claim,
    at: At,
  ): Promise<void> | undefined {
    if (this.#gate !== undefined) return this.#gate.push(payload, claim, at);
    this.place?.outputs.push({ payload, claim, at });
    return undefined;
  }

  idle(): void {
    // The link around it tells, when the last of its lanes is done.
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  drop(): void {
    // What waits at its place finds its claim dead.
  }
}

/** Runs a stage for several payloads at once: in order of input, or as done; per key one at a time. */
export class ParallelLink implements Link {
  readonly #options: ParallelOptions;
  readonly #gate: Gate;
  readonly #lanes: Lane[];
  readonly #free: Lane[];
  readonly #mostPlaces: number;
  /** In order of input, where that is kept. */
  readonly #order: Place[] = [];
  /** Its key is free, and no lane is. */
  readonly #ready: Place[] = [];
  /** Those behind a busy key. */
  readonly #parked = new Map<string, Place[]>();
  #places = 0;
  #isFlushing = false;
  #idle: "" | "idle" | "full" = "";
  #wake: (() => void) | undefined = undefined;
  #ends: (() => void)[] = [];

  constructor(options: ParallelOptions, env: PipeEnv, next: Link) {
    const { n, open, key, unordered } = options;
    this.#options = options;
    this.#gate = new Gate(next);
    const direct = unordered ? this.#gate : undefined;
    this.#lanes = Array.from({ length: n }, () => new Lane(env, open, direct));
    this.#free = [...this.#lanes];
    // With keys as many again may wait behind a busy one, so that other keys go on.
    this.#mostPlaces = key === undefined ? n : 2 * n;
  }

  push(
    payload: unknown,
    claim: Claim,
    at: At,
  ): Promise<void> | undefined {
    if (claim.isDead) {
      claim.skip();
      return undefined;
    }
    const key = this.#keyOf(payload, claim);
    if (key === null) return undefined;
    const place = { payload, claim, at, key, outputs: [], isDone: false };
    this.#places++;
    if (!this.#options.unordered) this.#order.push(place);
    this.#enter(place);
    if (this.#places < this.#mostPlaces) return undefined;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  idle(full: boolean): void {
    if (this.#places === 0) return this.#gate.idle(full);
    if (full || this.#idle === "") this.#idle = full ? "full" : "idle";
  }

  async end(): Promise<void> {
    while (this.#places > 0) {
      await new Promise<void>((resolve) => this.#ends.push(resolve));
    }
    await Promise.all(this.#lanes.map(({ link }) => link.end()));
    await this.#gate.end();
  }

  drop(reason: unknown): void {
    for (const { link } of this.#lanes) link.drop(reason);
    this.#gate.drop(reason);
  }

  /** The key; null where it cannot be had, and the claim has ended. */
  #keyOf(payload: unknown, claim: Claim): string | undefined | null {
    const { key } = this.#options;
    if (key === undefined) return undefined;
    try {
      const found: unknown = key(payload);
      if (typeof found === "string") return found;
      throw new TypeError(
        `Cannot run side by side: "key" must give a string, found ${typeof found}`,
      );
    } catch (error) {
      claim.end(failed(error));
      return null;
    }
  }

  #enter(place: Place): void {
    const { key } = place;
    const parked = key === undefined ? undefined : this.#parked.get(key);
    if (parked !== undefined) {
      parked.push(place);
      return;
    }
    if (key !== undefined) this.#parked.set(key, []);
    this.#start(place);
  }

  #start(place: Place): void {
    const lane = this.#free.pop();
    if (lane === undefined) {
      this.#ready.push(place);
      return;
    }
    lane.place = place;
    const wait = lane.link.push(place.payload, place.claim, place.at);
    if (wait === undefined) this.#done(lane, place);
    else void wait.then(() => this.#done(lane, place));
  }

  #done(lane: Lane, place: Place): void {
    lane.place = undefined;
    this.#free.push(lane);
    place.isDone = true;
    if (this.#options.unordered) this.#leave();
    this.#unpark(place.key);
    const ready = this.#ready.shift();
    if (ready !== undefined) this.#start(ready);
    if (!this.#options.unordered && !this.#isFlushing) this.#flush();
  }

  #unpark(key: string | undefined): void {
    if (key === undefined) return;
    const next = this.#parked.get(key)?.shift();
    if (next === undefined) this.#parked.delete(key);
    else this.#ready.push(next);
  }

  /** Lets go on what is done, as far as everything before it is. */
  #flush(): void {
    this.#isFlushing = true;
    for (let [head] = this.#order; head?.isDone; [head] = this.#order) {
      const output = head.outputs.shift();
      if (output === undefined) {
        this.#order.shift();
        this.#leave();
        continue;
      }
      const { payload, claim, at } = output;
      const wait = this.#gate.push(payload, claim, at);
      if (wait !== undefined) return void wait.then(() => this.#flush());
    }
    this.#isFlushing = false;
  }

  #leave(): void {
    this.#places--;
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
    if (this.#places > 0) return;
    const told = this.#idle;
    this.#idle = "";
    if (told !== "") this.#gate.idle(told === "full");
    for (const resolve of this.#ends.splice(0)) resolve();
  }
}
