import { type Clock, systemClock } from "../contract/clock.ts";
import type { HandlerContext } from "../context.ts";
import { BatchContext, DeliveryContext } from "../dispatch/contexts.ts";
import type { Job } from "../dispatch/job.ts";

// What a context does not say, and shipped middleware must know. A derived context still is of its class. A context of another kind is a test's, which calls a middleware by hand.

/** The name of the subscriber that handles it. */
export function subscriberOf(ctx: HandlerContext): string {
  return ctx instanceof DeliveryContext ? ctx.job.route.name : ctx.address;
}

/** The application's whole clock: one object for each start where a test gives each start its own. */
function clockOf(ctx: HandlerContext): Pick<Clock, "random"> {
  return ctx instanceof DeliveryContext ? ctx.env.clock : systemClock;
}

/**
 * Runs a function after so many milliseconds; what it returns cancels that.
 *
 * Not by a sleep of the run: in a test a run that sleeps rests, and one whose time is limited does not.
 */
export function afterOn(
  ctx: HandlerContext,
  ms: number,
  run: () => void,
): () => void {
  if (ctx instanceof DeliveryContext) return ctx.env.clock.after(ms, run);
  const ended = new AbortController();
  ctx.clock.sleep(ms, ended.signal).then(run, () => {});
  return () => ended.abort();
}

/** A random id of the application's clock: 32 hexadecimal digits. */
export function randomId(
  clock: Pick<Clock, "random"> = systemClock,
): string {
  const words = [0, 0, 0, 0].map(() => Math.floor(clock.random() * 2 ** 32));
  return words.map((word) => word.toString(16).padStart(8, "0")).join("");
}

/** A random id that a test can foresee. */
export function randomIdOf(ctx: HandlerContext): string {
  return randomId(clockOf(ctx));
}

/**
 * The elements of a batch, each as a handler of single deliveries would see it; undefined where it is no batch.
 *
 * An element that a middleware made itself, not by deriving it, has lost its delivery, and is undefined.
 */
export function elementsOf(
  ctx: HandlerContext,
): readonly (HandlerContext | undefined)[] | undefined {
  if (!(ctx instanceof BatchContext)) return undefined;
  const { payload, env } = ctx;
  if (!Array.isArray(payload)) return undefined;
  return payload.map((element: { readonly job?: Job } | undefined) =>
    element?.job === undefined
      ? undefined
      : new DeliveryContext(env, element.job)
  );
}

/** Whether its payload is a list of elements. */
export function isBatch(ctx: HandlerContext): boolean {
  return ctx instanceof BatchContext && Array.isArray(ctx.payload);
}

/** How many messages it is about. */
export function countOf(ctx: HandlerContext): number {
  return isBatch(ctx) ? (ctx.payload as readonly unknown[]).length : 1;
}

/** State that begins anew with each clock: time that another clock has counted says nothing on this one. */
export class PerClock<T> {
  readonly #states = new WeakMap<object, T>();
  readonly #make: () => T;

  constructor(make: () => T) {
    this.#make = make;
  }

  of(ctx: HandlerContext): T {
    const clock = clockOf(ctx);
    const known = this.#states.get(clock);
    if (known !== undefined) return known;
    const made = this.#make();
    this.#states.set(clock, made);
    return made;
  }
}
