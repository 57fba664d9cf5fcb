import type { Awaitable } from "../contract/awaitable.ts";

/** One run that wants to handle a message, as it asks a {@linkcode DeduplicationStore}. */
export interface DeduplicationClaim {
  /** The subscriber's name, encoded as in an address of the web, a space, and what duplicates have in common: two subscribers each handle the message. */
  readonly id: string;
  /** Tells this run from all others, those of other processes too. */
  readonly owner: string;
  /** How long the claim holds where nobody ends it, in milliseconds. */
  readonly claimMs: number;
  /** When this is asked, in milliseconds since the epoch, by the application's clock: for stores that have none of their own. */
  readonly at: number;
}

/** What a claim is answered: it is this run's now, another run has it, or the message was handled. */
export type ClaimAnswer = "claimed" | "busy" | "done";

/**
 * Remembers which messages were handled: what {@linkcode deduplicate} asks.
 *
 * 1. `claim` looks and takes in one step: of two runs that ask at once, one is answered `claimed`. A claim older than its `claimMs` is nobody's.
 * 2. `done` holds, also where the claim has passed to another run: the message was handled. How long it is remembered is the store's affair.
 * 3. `forget` ends a claim of the same `owner`, and does nothing where another run has it or the message is done.
 * 4. Each may be called again with the same claim, and then does nothing new.
 *
 * What it throws never loses a message; the options of {@linkcode deduplicate} say what becomes of it.
 */
export interface DeduplicationStore {
  /** Takes an id, if nobody has it and it is not done. */
  claim(claim: DeduplicationClaim): Awaitable<ClaimAnswer>;
  /** Remembers that the message was handled. */
  done(claim: DeduplicationClaim): Awaitable<void>;
  /** Gives the id back, for the message was not handled. */
  forget(claim: DeduplicationClaim): Awaitable<void>;
}
