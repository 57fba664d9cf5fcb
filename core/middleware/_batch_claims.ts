import type { Handle, HandlerContext } from "../context.ts";
import {
  ack,
  onlyOutcome,
  Outcome,
  outcomeOfEach,
  reject,
  retry,
} from "../outcome.ts";
import type { Claim, Claims } from "./_claims.ts";
import { derive } from "./_derive.ts";
import { subscriberOf } from "./_insides.ts";
import { withAfter } from "./_with_after.ts";

/**
 * Handles the elements of a batch that were not handled before.
 *
 * @param ids Of each element its id, if it has one.
 */
export async function handleBatchOnce(
  ctx: HandlerContext,
  next: Handle,
  claims: Claims,
  ids: readonly (string | undefined)[],
): Promise<Outcome> {
  const elements = ctx.payload as readonly unknown[];
  const held = await takeAll(ctx, claims, ids);
  // Of several elements of one id the first is handled.
  const kept = [...ids.keys()].filter((index) => {
    const id = ids[index];
    return id === undefined || (held.has(id) && ids.indexOf(id) === index);
  });
  if (kept.length === 0) return ack();
  let outcome: Outcome;
  try {
    outcome = await next(
      kept.length === elements.length ? ctx : derive(ctx, {
        payload: Object.freeze(kept.map((index) => elements[index])),
      }),
    );
    checkCount(ctx, outcome, kept.length);
  } catch (error) {
    await forgetAll(ctx, claims, held);
    throw error;
  }
  const each = new Map<number, Outcome>();
  for (const [place, index] of kept.entries()) {
    const own = outcome.each?.[place] ?? onlyOutcome(outcome);
    const claim = held.get(ids[index] ?? "");
    each.set(
      index,
      ids[index] === undefined || claim === undefined
        ? own
        : await claims.ended(ctx, claim, own),
    );
  }
  // What is left was done before, or goes as the first of its id.
  const all = ids.map((id, index) =>
    each.get(index) ?? sameAs(each.get(ids.indexOf(id)) ?? ack())
  );
  return withAfter(outcomeOfEach(all), outcome.after);
}

/** Claims each id once; what was done before is not in it. In one order everywhere, so that two batches never wait for each other. */
async function takeAll(
  ctx: HandlerContext,
  claims: Claims,
  ids: readonly (string | undefined)[],
): Promise<Map<string, Claim>> {
  const held = new Map<string, Claim>();
  const wanted = new Set(ids.filter((id) => id !== undefined));
  try {
    for (const id of [...wanted].sort()) {
      const claim = await claims.take(ctx, id);
      if (claim !== "done") held.set(id, claim);
    }
  } catch (error) {
    await forgetAll(ctx, claims, held);
    throw error;
  }
  return held;
}

async function forgetAll(
  ctx: HandlerContext,
  claims: Claims,
  held: ReadonlyMap<string, Claim>,
): Promise<void> {
  for (const claim of held.values()) await claims.forget(ctx, claim);
}

function checkCount(
  ctx: HandlerContext,
  outcome: Outcome,
  expected: number,
): void {
  if (!(outcome instanceof Outcome)) {
    throw new TypeError(
      `Cannot settle a batch of "${
        subscriberOf(ctx)
      }": a middleware gave ${typeof outcome} for an outcome`,
    );
  }
  const found = outcome.each?.length ?? expected;
  if (found === expected) return;
  throw new TypeError(
    `Cannot settle a batch of "${
      subscriberOf(ctx)
    }": expected ${expected} outcomes, found ${found}`,
  );
}

/** The settlement of another element, without its reply and its work for after. */
function sameAs({ settlement }: Outcome): Outcome {
  switch (settlement.kind) {
    case "reject":
      return reject(settlement.reason);
    case "retry":
      return retry(settlement);
    default:
      return ack();
  }
}
