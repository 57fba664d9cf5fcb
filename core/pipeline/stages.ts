import type { Awaitable } from "../contract/awaitable.ts";
import { acked } from "../dispatch/end.ts";
import { type Each, EachLink, type StageContext } from "./each_link.ts";
import type { Plan } from "./plan.ts";
import {
  checkStage,
  innerPlan,
  type Stage,
  stageOf,
  type StageOptions,
} from "./stage.ts";

/** The plan of a stage that calls a function for each payload. */
export function eachPlan(each: Each): Plan {
  return {
    name: each.name,
    holds: false,
    batchMax: 0,
    waitMs: 0,
    open: (env, next) => new EachLink(each, env, next),
  };
}

/**
 * One payload for one.
 *
 * A function that throws fails its delivery, which the retry policy decides on; the pipeline goes on.
 *
 * @example Renamed on the way
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, map, publisher, readable, sinkTo } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const ids = channel<number>("ids");
 * await using connection = await new MemoryBroker().connect();
 * const reader = readable(connection, ids).readable.getReader();
 * const first = reader.read();
 * const source = readable(connection, orders);
 * const done = source.pipeThrough(map((order) => order.id)).pipeTo(sinkTo(connection, ids));
 * await publisher(connection).publish(orders, { id: 7 });
 * const { value } = await first;
 * assert.equal(value?.payload, 7);
 * await value?.settle();
 * await reader.cancel();
 * await source.drain();
 * await done;
 * ```
 *
 * @throws {TypeError} If the function or an option is none.
 * @throws {RangeError} If `timeoutMs` is out of its range.
 */
export function map<I, O>(
  f: (payload: I, ctx: StageContext) => Awaitable<O>,
  options: StageOptions = {},
): Stage<I, O> {
  return stageOf(eachPlan({
    name: checkStage("map", f, options),
    timeoutMs: options.timeoutMs,
    looks: true,
    run: (payload, ctx) => f(payload as I, ctx),
    pass: (next, _payload, result, claim, at) => next.push(result, claim, at),
  }));
}

/**
 * Goes on with what fits a type; the rest is acked.
 *
 * @example What it leaves out is acked
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, filter, publisher, readable } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * await using connection = await new MemoryBroker().connect();
 * const odd = readable(connection, orders).pipeThrough(filter(({ id }) => id % 2 === 1));
 * const reader = odd.readable.getReader();
 * const first = reader.read();
 * for (const id of [2, 3]) await publisher(connection).publish(orders, { id });
 * const { value } = await first;
 * assert.equal(value?.payload.id, 3);
 * await value?.settle();
 * await reader.cancel();
 * ```
 *
 * @throws {TypeError} If the function or an option is none.
 * @throws {RangeError} If `timeoutMs` is out of its range.
 */
export function filter<I, O extends I>(
  f: (payload: I) => payload is O,
): Stage<I, O>;
/** Goes on with what a function says true for; the rest is acked. */
export function filter<I>(
  f: (payload: I) => Awaitable<boolean>,
  options?: StageOptions,
): Stage<I, I>;
export function filter<I>(
  f: (payload: I) => Awaitable<boolean>,
  options: StageOptions = {},
): Stage<I, I> {
  return stageOf(eachPlan({
    name: checkStage("filter", f, options),
    timeoutMs: options.timeoutMs,
    looks: false,
    run: (payload) => f(payload as I),
    pass: (next, payload, result, claim, at) => {
      if (result) return next.push(payload, claim, at);
      claim.end(acked);
      return undefined;
    },
  }));
}

/**
 * Looks at each payload and goes on with it.
 *
 * @example It changes nothing
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, publisher, readable, tap } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const seen: number[] = [];
 * await using connection = await new MemoryBroker().connect();
 * const reader = readable(connection, orders)
 *   .pipeThrough(tap(({ id }) => void seen.push(id))).readable.getReader();
 * const first = reader.read();
 * await publisher(connection).publish(orders, { id: 1 });
 * await (await first).value?.settle();
 * assert.deepEqual(seen, [1]);
 * await reader.cancel();
 * ```
 *
 * @throws {TypeError} If the function or an option is none.
 * @throws {RangeError} If `timeoutMs` is out of its range.
 */
export function tap<I>(
  f: (payload: I) => Awaitable<void>,
  options: StageOptions = {},
): Stage<I, I> {
  return stageOf(eachPlan({
    name: checkStage("tap", f, options),
    timeoutMs: options.timeoutMs,
    looks: false,
    run: (payload) => f(payload as I),
    pass: (next, payload, _result, claim, at) => next.push(payload, claim, at),
  }));
}

/**
 * Two stages as one.
 *
 * @example A stage to name and to reuse
 * ```ts
 * import assert from "node:assert/strict";
 * import { filter, map, type Stage, through } from "@ruststream/core";
 *
 * const ids: Stage<{ id: number }, number> = through(
 *   filter((order: { id: number }) => order.id > 0),
 *   map((order) => order.id),
 * );
 * assert.equal(ids.readable instanceof ReadableStream, true);
 * ```
 *
 * @throws {TypeError} If one of them is not a stage of ours, or its streams are in use.
 */
export function through<A, B, C>(a: Stage<A, B>, b: Stage<B, C>): Stage<A, C> {
  const [first, second] = [a, b].map((one) => innerPlan("through", one)) as [
    Plan,
    Plan,
  ];
  return stageOf({
    name: `${first.name}, ${second.name}`,
    holds: first.holds || second.holds,
    batchMax: Math.max(first.batchMax, second.batchMax),
    waitMs: first.waitMs + second.waitMs,
    open: (env, next) => first.open(env, second.open(env, next)),
  });
}
