import { isPromiseLike } from "../contract/awaitable.ts";
import { onAbort } from "../contract/on_abort.ts";
import type { PipeEnv } from "../dispatch/pipe.ts";
import { Timeouts } from "../dispatch/timeouts.ts";
import { failed } from "../dispatch/end.ts";
import type { Claim } from "./claim.ts";
import type { Link, Place } from "./link.ts";

/** What a stage's function sees beside the payload. */
export interface StageContext {
  /** Aborted when the work should stop: its timeout, a lost delivery, an abort of the pipeline. */
  readonly signal: AbortSignal;
}

/** One payload in the hands of a stage's function. */
export class Turn implements StageContext {
  readonly claim: Claim;
  /** It has ended or was given up: what comes of it later is dropped. */
  isOver = false;
  /** Lets the next one come. */
  free: (() => void) | undefined = undefined;
  // Made when it is asked for: most functions never do.
  #controller: AbortController | undefined = undefined;

  constructor(claim: Claim) {
    this.claim = claim;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      onAbort(this.claim.signal, (reason) => controller.abort(reason));
    }
    return this.#controller.signal;
  }

  /** Gives it up: its claim ends, the stage is free, and the function is asked to stop. */
  giveUp(reason: unknown, end: () => void): void {
    if (this.isOver) return;
    this.isOver = true;
    end();
    this.#controller?.abort(reason);
    this.free?.();
  }
}

/** How a stage's function is called, and what it is called in errors. */
export interface Each {
  readonly name: string;
  readonly timeoutMs: number | undefined;
  /** Whether `run` looks at what it sees beside the payload: for one that does not, nothing is made. */
  readonly looks: boolean;
  run(payload: unknown, turn: StageContext): unknown;
  /** Passes on what came of it. It must not throw. */
  pass(
    next: Link,
    payload: unknown,
    result: unknown,
    claim: Claim,
    at: Place,
  ): Promise<void> | undefined;
}

function runWithin(
  within: Exclude<Claim["within"], undefined>,
  each: Each,
  payload: unknown,
  turn: Turn,
): unknown {
  return within(() => each.run(payload, turn));
}

/** Calls a function for each payload, one at a time. */
export class EachLink implements Link {
  readonly #each: Each;
  readonly #next: Link;
  readonly #timeouts: Timeouts<Turn> | undefined;
  #turn: Turn | undefined = undefined;

  constructor(each: Each, env: PipeEnv, next: Link) {
    this.#each = each;
    this.#next = next;
    const { timeoutMs, name } = each;
    this.#timeouts = timeoutMs === undefined
      ? undefined
      : new Timeouts<Turn>(env.clock, timeoutMs, (turn) => {
        const late = new DOMException(
          `Cannot finish stage "${name}" of "${env.name}" in ${timeoutMs} ms`,
          "TimeoutError",
        );
        turn.giveUp(late, () => turn.claim.end(failed(late)));
      });
  }

  push(
    payload: unknown,
    claim: Claim,
    at: Place,
  ): Promise<void> | undefined {
    const turn = this.#each.looks ? new Turn(claim) : undefined;
    let result: unknown;
    try {
      const { within } = claim;
      result = within === undefined
        ? this.#each.run(payload, turn as Turn)
        : runWithin(within, this.#each, payload, turn as Turn);
      // A list is none, and to look for "then" on whatever comes costs 20 ns.
      if (!Array.isArray(result) && isPromiseLike<unknown>(result)) {
        return this.#wait(payload, result, turn ?? new Turn(claim), at);
      }
    } catch (error) {
      claim.end(failed(error));
      return undefined;
    }
    return this.#each.pass(this.#next, payload, result, claim, at);
  }

  idle(full: boolean): void {
    this.#next.idle(full);
  }

  end(): Promise<void> {
    this.#timeouts?.clear();
    return this.#next.end();
  }

  drop(reason: unknown): void {
    const turn = this.#turn;
    turn?.giveUp(reason, () => turn.claim.skip());
    this.#timeouts?.clear();
    this.#next.drop(reason);
  }

  #wait(
    payload: unknown,
    result: PromiseLike<unknown>,
    turn: Turn,
    at: Place,
  ): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = turn;
    turn.free = resolve;
    this.#timeouts?.add(turn);
    const ended = (): boolean => {
      this.#timeouts?.remove(turn);
      if (turn.isOver) return false;
      turn.isOver = true;
      this.#turn = undefined;
      return true;
    };
    Promise.resolve(result).then((value) => {
      if (!ended()) return;
      const { claim } = turn;
      if (claim.isDead) {
        claim.skip();
        return resolve();
      }
      resolve(this.#each.pass(this.#next, payload, value, claim, at));
    }, (error) => {
      if (!ended()) return;
      turn.claim.end(failed(error));
      resolve();
    });
    return promise;
  }
}
