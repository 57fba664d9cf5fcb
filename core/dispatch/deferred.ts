import type { Outcome } from "../outcome.ts";
import { acked, type End, worseOf } from "./end.ts";

/** Who is told how something ended, by a key of its own: no closure is made for each. */
export interface Told<in K> {
  succeeded(key: K, outcome: Outcome): void;
  failed(key: K, error: unknown): void;
}

/** A listener of a promise. */
const ofPromise: Told<PromiseWithResolvers<Outcome>> = {
  succeeded: ({ resolve }, outcome) => resolve(outcome),
  failed: ({ reject }, error) => reject(error),
};

function tellOf<K>(told: Told<K>, key: K, { outcome, error }: End): void {
  if (outcome === undefined) told.failed(key, error);
  else told.succeeded(key, outcome);
}

/**
 * The outcome of a handler whose end somebody else decides, in one part or in several: a promise that costs none where only the dispatcher waits for it.
 *
 * It has all fields of those who extend it, for one is made of each delivery: fields on three levels cost 20 ns more on V8, and 200 bytes of 340 on Bun.
 */
export abstract class Deferred<out F = unknown, out S = unknown>
  implements PromiseLike<Outcome> {
  /** Whom it comes from. */
  declare readonly from: F;
  /** What it is about. */
  declare readonly subject: S;
  #told: Told<unknown> | undefined = undefined;
  #key: unknown = undefined;
  // A middleware may look on as well.
  #promised: PromiseWithResolvers<Outcome> | undefined = undefined;
  #ended: End | undefined = undefined;
  #owed = 1;
  #parked = 0;
  #until = 0;
  #worst: End = acked;

  constructor(from: F, subject: S) {
    this.from = from;
    this.subject = subject;
  }

  /** Until when it waits for nothing but the clock; undefined where it does not. For tests, whose clock stands still. */
  get restsUntil(): number | undefined {
    const rests = this.#parked > 0 && this.#parked === this.#owed;
    return rests ? this.#until : undefined;
  }

  /** How it ended; undefined where it has not. */
  get ended(): End | undefined {
    return this.#ended;
  }

  /** Whether one part has not ended well. */
  get hasFailed(): boolean {
    return this.#worst.rank > acked.rank;
  }

  /** How many parts have not ended. */
  get owed(): number {
    return this.#owed;
  }

  /** Tells one listener, at once where it has ended already. */
  tell<K>(told: Told<K>, key: K): void {
    if (this.#ended !== undefined) return tellOf(told, key, this.#ended);
    this.#told = told as Told<unknown>;
    this.#key = key;
  }

  then<A = Outcome, B = never>(
    fulfilled?: ((outcome: Outcome) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (this.#promised === undefined) {
      this.#promised = Promise.withResolvers<Outcome>();
      if (this.#ended !== undefined) {
        tellOf(ofPromise, this.#promised, this.#ended);
      }
    }
    return this.#promised.promise.then(fulfilled, rejected);
  }

  /** One part has become so many. */
  share(parts: number): void {
    this.#owed += parts - 1;
  }

  /** Parts wait for the clock alone, until then. */
  park(untilMs: number, parts = 1): void {
    this.#parked += parts;
    this.#until = untilMs;
  }

  /** Parts go on. */
  unpark(parts = 1): void {
    this.#parked -= parts;
  }

  /** Ends one part, or several alike. */
  end(end: End, parts = 1): void {
    if (end !== acked) this.#worst = worseOf(this.#worst, end);
    this.#owed -= parts;
    if (this.#owed === 0) this.finish(this.#worst);
  }

  /** Called once, with the worst end. */
  protected finish(end: End): void {
    this.#ended = end;
    if (this.#told !== undefined) tellOf(this.#told, this.#key, end);
    if (this.#promised !== undefined) tellOf(ofPromise, this.#promised, end);
  }
}
