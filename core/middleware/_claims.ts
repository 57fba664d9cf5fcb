import { attempt } from "../attempt.ts";
import { MessagingError } from "../contract/errors.ts";
import { onAbort } from "../contract/on_abort.ts";
import { untilAborted } from "../contract/until_aborted.ts";
import { foundText } from "../check_settings.ts";
import type { HandlerContext } from "../context.ts";
import { errorText } from "../dispatch/error_text.ts";
import { Outcome } from "../outcome.ts";
import type {
  ClaimAnswer,
  DeduplicationClaim,
  DeduplicationStore,
} from "./deduplication_store.ts";
import { randomIdOf, subscriberOf } from "./_insides.ts";
import { say } from "./_say.ts";

/** How claims are made, every default filled in. */
export interface ClaimSettings {
  readonly store: DeduplicationStore;
  readonly claimMs: number;
  readonly pollMs: number;
  readonly waitMs: number;
  readonly onStoreError: "handle" | "retry";
}

/** What a claim without its time is. */
export type Claim = Omit<DeduplicationClaim, "at">;

const answers: ReadonlySet<unknown> = new Set(["claimed", "busy", "done"]);

/** Asks a store, and bears with what it does wrong. */
export class Claims {
  readonly #settings: ClaimSettings;

  constructor(settings: ClaimSettings) {
    this.#settings = settings;
  }

  /** Claims a message for a run, once no other has it; "done" where it was handled. */
  async take(ctx: HandlerContext, id: string): Promise<Claim | "done"> {
    const { claimMs, pollMs, waitMs, onStoreError } = this.#settings;
    const name = subscriberOf(ctx);
    const claim: Claim = {
      // Its name without a space, so that no two pairs look alike.
      id: `${encodeURIComponent(name.toWellFormed())} ${id}`,
      owner: randomIdOf(ctx),
      claimMs,
    };
    const until = ctx.clock.now() + waitMs;
    for (;;) {
      let answer: ClaimAnswer;
      try {
        answer = await this.#ask(ctx, claim);
      } catch (error) {
        if (ctx.signal.aborted || onStoreError === "retry") throw error;
        const message =
          `Cannot look for duplicates of a delivery of "${name}": the store failed, and it is handled all the same`;
        say(ctx, "error", message, { id, error: errorText(error) });
        return claim;
      }
      if (answer !== "busy") return answer === "done" ? answer : claim;
      const leftMs = until - ctx.clock.now();
      if (leftMs <= 0) {
        throw new MessagingError(
          "conflict",
          `Cannot handle a delivery of "${name}": another run of its message is still under way after ${waitMs} ms`,
          { retryable: true },
        );
      }
      await ctx.clock.sleep(Math.min(pollMs, leftMs), ctx.signal);
    }
  }

  /** Ends a claim by what the run came to. */
  async ended(
    ctx: HandlerContext,
    claim: Claim,
    outcome: Outcome,
  ): Promise<Outcome> {
    if (
      !(outcome instanceof Outcome) || outcome.settlement.kind !== "ack"
    ) {
      await this.forget(ctx, claim);
      return outcome;
    }
    if (outcome.reply === undefined) {
      await this.#done(ctx, claim);
      return outcome;
    }
    // Until its reply is published it must be handled again after a crash, or the reply would be lost.
    if (ctx.signal.aborted) await this.forget(ctx, claim);
    return outcome.andAfter(() => this.#done(ctx, claim));
  }

  /** Gives a claim back. */
  async forget(ctx: HandlerContext, claim: Claim): Promise<void> {
    const { store, claimMs } = this.#settings;
    await this.#tell(
      ctx,
      () => store.forget(this.#now(ctx, claim)),
      `Cannot give back the claim on a delivery of "${
        subscriberOf(ctx)
      }": a duplicate waits for at most ${claimMs} ms`,
    );
  }

  async #done(ctx: HandlerContext, claim: Claim): Promise<void> {
    const { store } = this.#settings;
    await this.#tell(
      ctx,
      () => store.done(this.#now(ctx, claim)),
      `Cannot say whether the store knows a delivery of "${
        subscriberOf(ctx)
      }" as handled: a duplicate may be handled too`,
    );
  }

  #now(ctx: HandlerContext, claim: Claim): DeduplicationClaim {
    return { ...claim, at: ctx.clock.now() };
  }

  /** Tells the store what came of a run, which is as it is whatever the store does. Nobody waits for it beyond the run's signal. */
  async #tell(
    ctx: HandlerContext,
    work: () => void | PromiseLike<void>,
    failed: string,
  ): Promise<void> {
    // Begun in any case: untilAborted() does not begin what comes too late.
    const told = attempt(work);
    told.catch(() => {});
    try {
      await untilAborted(() => told, ctx.signal);
    } catch (error) {
      say(ctx, "warn", failed, { error: errorText(error) });
    }
  }

  /** Asks once. A claim that comes when nobody waits for it any more is given back. */
  #ask(ctx: HandlerContext, unasked: Claim): Promise<ClaimAnswer> {
    const { store } = this.#settings;
    const claim = this.#now(ctx, unasked);
    const { promise, resolve, reject } = Promise.withResolvers<ClaimAnswer>();
    if (ctx.signal.aborted) {
      reject(ctx.signal.reason);
      return promise;
    }
    let isWaiting = true;
    const forget = onAbort(ctx.signal, (reason) => {
      isWaiting = false;
      reject(reason);
    });
    attempt(() => store.claim(claim)).then((answer) => {
      forget();
      if (!isWaiting) {
        // Where that fails too, it ends by itself.
        if (answer === "claimed") {
          attempt(() => store.forget(claim)).catch(() => {});
        }
      } else if (answers.has(answer)) resolve(answer);
      else {
        reject(
          new TypeError(
            `Cannot use the answer of a deduplication store: expected "claimed", "busy" or "done", found ${
              foundText(answer)
            }`,
          ),
        );
      }
    }, (error) => {
      forget();
      reject(error);
    });
    return promise;
  }
}
