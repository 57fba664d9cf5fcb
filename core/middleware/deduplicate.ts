import type { Handle, HandlerContext, Middleware } from "../context.ts";
import { ack, type Outcome } from "../outcome.ts";
import { handleBatchOnce } from "./_batch_claims.ts";
import { checkFunction, checkNumber } from "./_options.ts";
import { Claims } from "./_claims.ts";
import type { DeduplicationStore } from "./deduplication_store.ts";
import { elementsOf, subscriberOf } from "./_insides.ts";
import { messageIdOf } from "./message_id.ts";
import { say } from "./_say.ts";

/** Options for {@linkcode deduplicate}. */
export interface DeduplicateOptions {
  /** Remembers what was handled. */
  readonly store: DeduplicationStore;
  /**
   * What duplicates have in common. Where it says undefined or nothing, the delivery is handled without a look, and that is told once.
   *
   * @default {messageIdOf}
   */
  readonly id?: (ctx: HandlerContext) => string | undefined;
  /**
   * How long a claim holds where nobody ends it, in milliseconds: after a crash a message waits so long for its next run. Longer than a run may take, waits inside included.
   *
   * @default {300_000}
   */
  readonly claimMs?: number;
  /**
   * How long between two looks at a message that another run has, in milliseconds.
   *
   * @default {250}
   */
  readonly pollMs?: number;
  /**
   * How long to wait for another run before this one fails with `conflict`, in milliseconds.
   *
   * @default {claimMs}
   */
  readonly waitMs?: number;
  /**
   * What becomes of a delivery where the store cannot be asked: it is handled, maybe twice, or it fails and goes by its retry policy.
   *
   * @default {"handle"}
   */
  readonly onStoreError?: "handle" | "retry";
}

/**
 * Handles each message once, as far as a store remembers: a duplicate is acked unrun.
 *
 * 1. A message is done when its handler has acked. A failure, a retry and a reject give its claim back, so it can be handled again: also one that comes back from a dead letter. Where the handler replies, it is done when its delivery is settled: a reply is never lost for the sake of a claim.
 * 2. A duplicate of what is under way waits in its slot, obeying `ctx.signal`: it is acked when the other run succeeds, and runs when that one fails. It counts no attempt while it waits.
 * 3. What the store does wrong never changes how a handled delivery ends: at worst a duplicate is handled too. Those failures are told to `ctx.log`.
 * 4. A crash between the handler's work and `done` has it handled again. What must not happen twice belongs into one transaction with its id.
 * 5. Of a batch the handler gets the elements that were not handled before, each once; it answers for those it got. One that is empty then is not run.
 * 6. A duplicate of a request is not answered.
 *
 * Ids are kept apart by the subscriber's name: give it one that stays, and that differs from those of other services that share the store.
 *
 * @example The second is acked, and not handled
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, RustStream, subscriber } from "@ruststream/core";
 * import { deduplicate, MemoryDeduplicationStore } from "@ruststream/core/middleware";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const seen: number[] = [];
 * const once = deduplicate({ store: new MemoryDeduplicationStore() });
 * const handle = subscriber(orders, { middleware: [once] }, ({ id }) => void seen.push(id));
 * const running = await new RustStream({ title: "shop", version: "1.0.0" })
 *   .withBroker(new MemoryBroker(), (b) => b.include(handle))
 *   .start();
 * for (const _ of [1, 2]) {
 *   await running.publisher.publish(orders, { id: 7 }, { headers: { "message-id": "order-7" } });
 * }
 * await running.stop();
 * assert.deepEqual(seen, [7]);
 * ```
 *
 * @throws {TypeError} If `store` lacks a method, `id` is not a function, or `onStoreError` is another word.
 * @throws {RangeError} If `claimMs` or `pollMs` is not a finite number above 0, or `waitMs` not one of at least 0.
 */
export function deduplicate(options: DeduplicateOptions): Middleware {
  const { id = messageIdOf, ...claiming } = checked(options);
  const claims = new Claims(claiming);
  return (next) => {
    let hasTold = false;
    const idOf = (ctx: HandlerContext | undefined): string | undefined => {
      if (ctx === undefined) return undefined;
      const found = id(ctx);
      if (found !== undefined && found !== "") return found;
      if (!hasTold) {
        hasTold = true;
        const message = `Cannot deduplicate a delivery of "${
          subscriberOf(ctx)
        }": it has no id, and is handled without`;
        say(ctx, "warn", message, { address: ctx.address });
      }
      return undefined;
    };
    return (ctx) => {
      const elements = elementsOf(ctx);
      if (elements !== undefined) {
        return handleBatchOnce(ctx, next, claims, elements.map(idOf));
      }
      const own = idOf(ctx);
      return own === undefined ? next(ctx) : handleOnce(ctx, next, claims, own);
    };
  };
}

async function handleOnce(
  ctx: HandlerContext,
  next: Handle,
  claims: Claims,
  id: string,
): Promise<Outcome> {
  const claim = await claims.take(ctx, id);
  if (claim === "done") return ack();
  let outcome: Outcome;
  try {
    outcome = await next(ctx);
  } catch (error) {
    await claims.forget(ctx, claim);
    throw error;
  }
  return await claims.ended(ctx, claim, outcome);
}

function checked(
  {
    store,
    id,
    claimMs = 300_000,
    pollMs = 250,
    waitMs = claimMs,
    onStoreError = "handle",
  }: DeduplicateOptions,
): Required<Omit<DeduplicateOptions, "id">> & Pick<DeduplicateOptions, "id"> {
  const deed = "deduplicate";
  for (const name of ["claim", "done", "forget"] as const) {
    if (typeof store?.[name] === "function") continue;
    throw new TypeError(`Cannot ${deed}: the store has no method "${name}"`);
  }
  checkFunction(deed, "id", id);
  checkNumber(deed, "claimMs", claimMs, { above: 0 });
  checkNumber(deed, "pollMs", pollMs, { above: 0 });
  checkNumber(deed, "waitMs", waitMs, { least: 0 });
  if (onStoreError !== "handle" && onStoreError !== "retry") {
    throw new TypeError(
      `Cannot ${deed}: onStoreError must be "handle" or "retry", found ${
        String(onStoreError)
      }`,
    );
  }
  return {
    store,
    claimMs,
    pollMs,
    waitMs,
    onStoreError,
    ...(id === undefined ? {} : { id }),
  };
}
