import type { HandlerContext } from "../context.ts";
import type { Delivery } from "../contract/delivery.ts";
import { isMessagingError } from "../contract/errors.ts";
import { Deferred } from "../dispatch/deferred.ts";
import type { PipeEnv } from "../dispatch/pipe.ts";
import { Final, SplitBatch } from "../dispatch/verdicts.ts";
import { ack, onlyOutcome, type Outcome } from "../outcome.ts";

/** How something made of a delivery ended. Of several the worst counts. */
export interface End {
  readonly rank: number;
  /** What its delivery is settled by. */
  readonly outcome?: Outcome;
  /** What went wrong: for the policy. */
  readonly error?: unknown;
}

const ranks = {
  ack: 0,
  release: 1,
  retry: 2,
  split: 3,
  error: 4,
  final: 5,
  reject: 6,
} as const;

/** It was handled. */
export const acked: End = Object.freeze({ rank: ranks.ack, outcome: ack() });
/** It is given back unhandled. */
export const released: End = Object.freeze({ rank: ranks.release });

/** It failed: the policy decides. */
export function failed(error: unknown): End {
  return { rank: ranks.error, error };
}

/** What was made of it cannot be encoded: the policy has no other try for it, unless its codec says that one may pass. */
export function unencodable(cause: unknown): End {
  if (isMessagingError(cause) && cause.retryable) return failed(cause);
  return { rank: ranks.final, error: new Final("unencodable", cause) };
}

/** It was one of several, and goes on alone. */
const split: End = Object.freeze({
  rank: ranks.split,
  error: new SplitBatch(),
});

/** It ends as somebody said. */
export function endBy(outcome: Outcome): End {
  const { kind } = outcome.settlement;
  return { rank: ranks[kind], outcome };
}

/**
 * What one delivery, or several together, are owed: an end.
 *
 * The parts made of it share it. It ends when the last part has, as the worst of them did.
 */
export abstract class Claim extends Deferred {
  /** The pipe it is in. */
  abstract readonly env: PipeEnv;
  /** Where the message was sent; of several, the first. */
  abstract readonly address: string;
  /** What is owed for. */
  abstract readonly deliveries: readonly Delivery[];
  /** Runs something as its delivery's handler does; undefined where that is nothing special, and for several together. */
  abstract readonly within: HandlerContext["within"];
  /** 1 for the first run; of several, the first. */
  abstract readonly attempt: number;
  /** Whether it is of several together. */
  abstract readonly isBatch: boolean;
  /** Aborted when the work for it should stop. */
  abstract readonly signal: AbortSignal | undefined;
  /** Its delivery is no longer to be worked for: given back, or about to be. */
  abstract readonly isGone: boolean;
  /** It is not to share a batch with others: one that it was in has failed. */
  abstract isAlone: boolean;
  #owed = 1;
  #parked = 0;
  #until = 0;
  #worst: End = acked;

  /** Whether what is not begun yet must be skipped. */
  get isDead(): boolean {
    return this.#worst !== acked || this.isGone;
  }

  /** One part has become so many. */
  share(parts: number): void {
    this.#owed += parts - 1;
  }

  override get restsUntil(): number | undefined {
    const rests = this.#parked > 0 && this.#parked === this.#owed;
    return rests ? this.#until : undefined;
  }

  /** One part waits for the clock alone, until then. */
  park(untilMs: number): void {
    this.#parked++;
    this.#until = untilMs;
  }

  /** One part goes on. */
  unpark(): void {
    this.#parked--;
  }

  /** Ends one part. */
  end(end: End): void {
    if (end.rank > this.#worst.rank) this.#worst = end;
    if (--this.#owed === 0) this.finish(this.#worst);
  }

  /** Ends a part that was not begun. */
  skip(): void {
    this.end(this.skipped);
  }

  /** How what is not begun ends. */
  protected get skipped(): End {
    return released;
  }

  /** Resolves when the broker has taken its end; at once where this end will not be the last one. To be called before that end. */
  settled(): Promise<void> {
    return this.#owed > 1 ? Promise.resolve() : this.settlement();
  }

  /** Resolves when the broker has taken what it is settled by; rejects where it refuses. */
  protected abstract settlement(): Promise<void>;

  /** Called once, with the worst end. */
  protected abstract finish(end: End): void;
}

/** The claims of a batch. */
export class BatchClaim extends Claim {
  readonly members: readonly Claim[];
  readonly isBatch = true;
  readonly signal = undefined;
  readonly within = undefined;
  readonly #first: Claim;
  #rests = false;

  constructor(first: Claim, members: readonly Claim[]) {
    super();
    this.#first = first;
    this.members = members;
  }

  get env(): PipeEnv {
    return this.#first.env;
  }

  get address(): string {
    return this.#first.address;
  }

  get deliveries(): readonly Delivery[] {
    return this.members.flatMap((member) => member.deliveries);
  }

  get attempt(): number {
    return this.#first.attempt;
  }

  get isGone(): boolean {
    return this.members.every((member) => member.isGone);
  }

  get isAlone(): boolean {
    return this.members.some((member) => member.isAlone);
  }

  set isAlone(alone: boolean) {
    for (const member of this.members) member.isAlone = alone;
  }

  override park(untilMs: number): void {
    super.park(untilMs);
    if (this.#rests || this.restsUntil === undefined) return;
    this.#rests = true;
    for (const member of this.members) member.park(untilMs);
  }

  override unpark(): void {
    super.unpark();
    if (!this.#rests) return;
    this.#rests = false;
    for (const member of this.members) member.unpark();
  }

  protected async settlement(): Promise<void> {
    await Promise.all(this.members.map((member) => member.settled()));
  }

  protected finish(end: End): void {
    // One of them may be at fault: from here on each goes alone, so that it holds up no other.
    const isSplit = end.error !== undefined && this.members.length > 1;
    if (isSplit) this.isAlone = true;
    if (isSplit && end.rank === ranks.final) {
      for (const member of this.members) member.end(split);
      return;
    }
    if (end === released) {
      for (const member of this.members) member.skip();
      return;
    }
    // Work for after a batch is for after its last element.
    const other = end === acked || end.outcome === undefined
      ? end
      : { ...end, outcome: onlyOutcome(end.outcome) };
    const last = this.members.length - 1;
    for (let index = 0; index < last; index++) this.members[index]?.end(other);
    this.members[last]?.end(end);
  }
}
