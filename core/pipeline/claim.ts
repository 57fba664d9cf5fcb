import type { HandlerContext } from "../context.ts";
import type { Delivery } from "../contract/delivery.ts";
import { Deferred } from "../dispatch/deferred.ts";
import { acked, type End, isFinal, released, split } from "../dispatch/end.ts";
import type { PipeEnv } from "../dispatch/pipe.ts";
import { onlyOutcome } from "../outcome.ts";

/**
 * What one delivery, or several together, are owed: an end.
 *
 * The parts made of it share it. It ends when the last part has, as the worst of them did.
 */
export abstract class Claim<out F = unknown, out S = unknown>
  extends Deferred<F, S> {
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

  /** Whether what is not begun yet must be skipped. */
  get isDead(): boolean {
    return this.hasFailed || this.isGone;
  }

  /** Ends parts that were not begun. */
  skip(parts = 1): void {
    this.end(this.skipped, parts);
  }

  /** How what is not begun ends. */
  protected get skipped(): End {
    return released;
  }

  /** Resolves when the broker has taken its end; at once where so many ends will not be the last ones. To be called before them. */
  settled(parts = 1): Promise<void> {
    return this.owed > parts ? Promise.resolve() : this.settlement();
  }

  /** Resolves when the broker has taken what it is settled by; rejects where it refuses. */
  protected abstract settlement(): Promise<void>;
}

/** A claim in a batch, and how many of its parts are together there. */
export interface Member {
  readonly claim: Claim;
  parts: number;
}

/** The claims of a batch. */
export class BatchClaim extends Claim<Claim, readonly Member[]> {
  #rests = false;

  get isBatch(): boolean {
    return true;
  }

  get signal(): undefined {
    return undefined;
  }

  get within(): undefined {
    return undefined;
  }

  get env(): PipeEnv {
    return this.from.env;
  }

  get address(): string {
    return this.from.address;
  }

  get deliveries(): readonly Delivery[] {
    return this.subject.flatMap(({ claim }) => claim.deliveries);
  }

  get attempt(): number {
    return this.from.attempt;
  }

  get isGone(): boolean {
    return this.subject.every(({ claim }) => claim.isGone);
  }

  get isAlone(): boolean {
    return this.subject.some(({ claim }) => claim.isAlone);
  }

  set isAlone(alone: boolean) {
    for (const { claim } of this.subject) claim.isAlone = alone;
  }

  override park(untilMs: number, parts = 1): void {
    super.park(untilMs, parts);
    if (this.#rests || this.restsUntil === undefined) return;
    this.#rests = true;
    for (const { claim, parts } of this.subject) claim.park(untilMs, parts);
  }

  override unpark(parts = 1): void {
    super.unpark(parts);
    if (!this.#rests) return;
    this.#rests = false;
    for (const { claim, parts } of this.subject) claim.unpark(parts);
  }

  protected async settlement(): Promise<void> {
    // Parts of one delivery need not stand together, and with the last of them it is settled.
    const owed = new Map<Claim, number>();
    for (const { claim, parts } of this.subject) {
      owed.set(claim, (owed.get(claim) ?? 0) + parts);
    }
    await Promise.all([...owed].map(([claim, parts]) => claim.settled(parts)));
  }

  protected override finish(end: End): void {
    if (end === acked) return this.#endAll(acked, acked);
    if (end === released) {
      for (const { claim, parts } of this.subject) claim.skip(parts);
      return;
    }
    // One of them may be at fault: from here on each goes alone, so that it holds up no other.
    const isSplit = end.error !== undefined && this.#isOfSeveral;
    if (isSplit) this.isAlone = true;
    if (isSplit && isFinal(end)) return this.#endAll(split, split);
    // Work for after a batch is for after its last element.
    const { outcome } = end;
    const isPlain = outcome === undefined || outcome.after.length === 0;
    this.#endAll(
      isPlain ? end : { ...end, outcome: onlyOutcome(outcome) },
      end,
    );
  }

  get #isOfSeveral(): boolean {
    const [first] = this.subject;
    return this.subject.length > 1 || first !== undefined && first.parts > 1;
  }

  #endAll(end: End, lastEnd: End): void {
    let left = this.subject.length;
    for (const { claim, parts } of this.subject) {
      claim.end(--left === 0 ? lastEnd : end, parts);
    }
  }
}
