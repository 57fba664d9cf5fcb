import type { PipeEnv } from "../dispatch/pipe.ts";
import type { Claim } from "./claim.ts";

/** Which part of its delivery a payload is, by the stages that made parts: nothing, a number, or numbers with dots. Most are a number, which costs nothing to make. */
export type Place = string | number;

/** The place of one of the parts that something at a place has become. */
export function placeOf(at: Place, part: number): Place {
  return at === "" ? part : `${at}.${part}`;
}

/** One step of a pipeline that runs: what a stage's plan becomes when it is opened. */
export interface Link {
  /**
   * Takes one payload and what it owes.
   *
   * Whoever waited for something, or pushes one of several, has looked whether the claim is dead. A promise where the next push must wait for it. It never throws and never rejects: what fails ends its claim.
   */
  push(
    payload: unknown,
    claim: Claim,
    at: Place,
  ): Promise<void> | undefined;
  /** No push is under way and nothing more has arrived; with `full`, nothing more will, however long one waits. */
  idle(full: boolean): void;
  /** Nothing is to be waited for any more: what is held goes on. Resolves when all that was pushed has left. May be called again. */
  end(): Promise<void>;
  /** All claims are given up: what runs is asked to stop, what is held lets go of its claims. */
  drop(reason: unknown): void;
}

/** Makes a link in front of another. */
export type OpenLink = (env: PipeEnv, next: Link) => Link;

interface Queued {
  readonly payload: unknown;
  readonly claim: Claim;
  readonly at: Place;
  readonly taken: (() => void) | undefined;
}

/** Lets one push through at a time, so that what stands behind it stays serial whoever pushes and when. */
export class Gate implements Link {
  readonly #next: Link;
  readonly #queue: Queued[] = [];
  #isBusy = false;
  /** What was told and not passed on: "" for nothing. */
  #idle: "" | "idle" | "full" = "";
  #ends: (() => void)[] = [];

  constructor(next: Link) {
    this.#next = next;
  }

  push(
    payload: unknown,
    claim: Claim,
    at: Place,
  ): Promise<void> | undefined {
    if (this.#isBusy) return this.#enqueue(payload, claim, at);
    this.#isBusy = true;
    const wait = this.#pass(payload, claim, at);
    if (wait !== undefined) return wait.then(this.#go);
    if (this.#isAsked()) this.#go();
    else this.#isBusy = false;
    return undefined;
  }

  /** The same where nobody waits for it. */
  add(payload: unknown, claim: Claim, at: Place): void {
    if (this.#isBusy) {
      this.#queue.push({ payload, claim, at, taken: undefined });
      return;
    }
    this.#isBusy = true;
    const wait = this.#pass(payload, claim, at);
    if (wait !== undefined) void wait.then(this.#go);
    else if (this.#isAsked()) this.#go();
    else this.#isBusy = false;
  }

  /** Whether something came while it was busy. No getter: a private one is a call of the runtime on V8, 5 ns for nothing. */
  #isAsked(): boolean {
    return this.#queue.length > 0 || this.#idle !== "" || this.#ends.length > 0;
  }

  idle(full: boolean): void {
    if (!this.#isBusy) return this.#next.idle(full);
    if (full || this.#idle === "") this.#idle = full ? "full" : "idle";
  }

  async end(): Promise<void> {
    while (this.#isBusy) {
      await new Promise<void>((resolve) => this.#ends.push(resolve));
    }
    await this.#next.end();
  }

  drop(reason: unknown): void {
    // What is queued here finds its claim dead when its turn comes.
    this.#next.drop(reason);
  }

  #enqueue(payload: unknown, claim: Claim, at: Place): Promise<void> {
    return new Promise((taken) =>
      this.#queue.push({ payload, claim, at, taken })
    );
  }

  #pass(
    payload: unknown,
    claim: Claim,
    at: Place,
  ): Promise<void> | undefined {
    if (!claim.isDead) return this.#next.push(payload, claim, at);
    claim.skip();
    return undefined;
  }

  /** The next of those that wait. What is passed on may push here again, so it goes on in a loop. */
  readonly #go = (): void => {
    for (
      let queued = this.#queue.shift();
      queued !== undefined;
      queued = this.#queue.shift()
    ) {
      const { payload, claim, at, taken } = queued;
      const wait = this.#pass(payload, claim, at);
      if (wait !== undefined) {
        void wait.then(() => {
          taken?.();
          this.#go();
        });
        return;
      }
      taken?.();
    }
    this.#isBusy = false;
    const told = this.#idle;
    this.#idle = "";
    if (told !== "") this.#next.idle(told === "full");
    if (this.#ends.length === 0) return;
    for (const resolve of this.#ends.splice(0)) resolve();
  };
}
