import { checkNumber } from "./_options.ts";
import type {
  ClaimAnswer,
  DeduplicationClaim,
  DeduplicationStore,
} from "./deduplication_store.ts";

/** Options for {@linkcode MemoryDeduplicationStore}. */
export interface MemoryDeduplicationStoreOptions {
  /**
   * How many handled messages are remembered; the oldest are forgotten first. Claims are not counted: there are no more than messages in hand.
   *
   * @default {100_000}
   */
  readonly maxIds?: number;
  /**
   * How long a handled message is remembered, in milliseconds.
   *
   * @default {3_600_000}
   */
  readonly keepMs?: number;
}

/**
 * Remembers handled messages in this process, the latest ones only. After a restart it knows nothing, and replicas do not share it.
 *
 * It goes by the time that claims are made at, so it has no timer, and forgets when it is asked the next time.
 *
 * @example A second claim finds the first, and then what came of it
 * ```ts
 * import assert from "node:assert/strict";
 * import { MemoryDeduplicationStore } from "@ruststream/core/middleware";
 *
 * const store = new MemoryDeduplicationStore({ maxIds: 1_000, keepMs: 60_000 });
 * const claim = { id: "orders 7", owner: "a", claimMs: 1_000, at: 0 };
 * assert.equal(store.claim(claim), "claimed");
 * assert.equal(store.claim({ ...claim, owner: "b" }), "busy");
 * store.done(claim);
 * assert.equal(store.claim({ ...claim, owner: "b" }), "done");
 * ```
 */
export class MemoryDeduplicationStore implements DeduplicationStore {
  readonly #maxIds: number;
  readonly #keepMs: number;
  // Both in order of time: what is too old stands first.
  readonly #claims = new Map<string, { owner: string; until: number }>();
  readonly #done = new Map<string, number>();

  /**
   * Makes a store that knows nothing.
   *
   * @throws {RangeError} If `maxIds` is not a whole number of at least 1, or `keepMs` not a finite number above 0.
   */
  constructor(
    { maxIds = 100_000, keepMs = 3_600_000 }: MemoryDeduplicationStoreOptions =
      {},
  ) {
    const deed = "remember ids";
    checkNumber(deed, "maxIds", maxIds, { least: 1, whole: true });
    checkNumber(deed, "keepMs", keepMs, { above: 0 });
    this.#maxIds = maxIds;
    this.#keepMs = keepMs;
  }

  /** How many handled messages it remembers. */
  get size(): number {
    return this.#done.size;
  }

  /** Takes an id, if nobody has it and it is not done. */
  claim({ id, owner, claimMs, at }: DeduplicationClaim): ClaimAnswer {
    this.#forgetOld(at);
    if (this.#done.has(id)) return "done";
    const held = this.#claims.get(id);
    if (held !== undefined && held.until > at && held.owner !== owner) {
      return "busy";
    }
    this.#claims.delete(id);
    this.#claims.set(id, { owner, until: at + claimMs });
    return "claimed";
  }

  /** Remembers that the message was handled. */
  done({ id, at }: DeduplicationClaim): void {
    this.#claims.delete(id);
    this.#done.delete(id);
    this.#done.set(id, at);
    this.#forgetOld(at);
  }

  /** Gives the id back, for the message was not handled. */
  forget({ id, owner }: DeduplicationClaim): void {
    if (this.#claims.get(id)?.owner === owner) this.#claims.delete(id);
  }

  #forgetOld(now: number): void {
    for (const [id, at] of this.#done) {
      if (this.#done.size <= this.#maxIds && at + this.#keepMs > now) break;
      this.#done.delete(id);
    }
    for (const [id, { until }] of this.#claims) {
      if (until > now) break;
      this.#claims.delete(id);
    }
  }
}
