import {
  checkKnown,
  foundText,
  refuseOption,
  wholeNumber,
} from "../check_settings.ts";
import { ParallelLink } from "./parallel_link.ts";
import { innerPlan, type Stage, stageOf } from "./stage.ts";

/** Options for {@linkcode parallel}. */
export interface ParallelStageOptions<I> {
  /** Payloads of one key are worked for one at a time, in order. By default all side by side. */
  readonly key?: (payload: I) => string;
  /**
   * Whether what is done goes on at once, whatever came before it.
   *
   * @default {false}
   */
  readonly unordered?: boolean;
}

/**
 * Runs a stage for `n` payloads at once, in order of input unless `unordered`. With a `key`, per key one at a time, in order until the first retry.
 *
 * @example Side by side, and in order all the same
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, map, parallel, publisher, readable } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * await using connection = await new MemoryBroker().connect();
 * const slow = map(async ({ id }: { id: number }) => {
 *   for (let turns = 3; turns > id; turns--) await undefined;
 *   return id;
 * });
 * const reader = readable(connection, orders).pipeThrough(parallel(4, slow)).readable.getReader();
 * const first = reader.read();
 * for (const id of [1, 2]) await publisher(connection).publish(orders, { id });
 * const ids = [await first, await reader.read()];
 * assert.deepEqual(ids.map(({ value }) => value?.payload), [1, 2]);
 * for (const { value } of ids) await value?.settle();
 * await reader.cancel();
 * ```
 *
 * @throws {TypeError} If the stage is none of ours, or one that holds payloads back (a batch, another `parallel`), or an option is of the wrong kind.
 * @throws {RangeError} If `n` is not a whole number of at least 1.
 */
export function parallel<I, O>(
  n: number,
  stage: Stage<I, O>,
  options: ParallelStageOptions<NoInfer<I>> = {},
): Stage<I, O> {
  const where = "stage parallel";
  wholeNumber(where, "n", n, 1);
  const inner = innerPlan(where, stage);
  if (inner.holds) {
    throw new TypeError(
      `Cannot make ${where}: "${inner.name}" holds payloads back, so nobody knows when one is done`,
    );
  }
  checkKnown(where, options, ["key", "unordered"]);
  const { key, unordered = false } = options;
  if (key !== undefined && typeof key !== "function") {
    refuseOption(where, "key", "a function", key);
  }
  if (typeof unordered !== "boolean") {
    throw new TypeError(
      `Cannot set ${where}: "unordered" must be a boolean, found ${
        foundText(unordered)
      }`,
    );
  }
  const made = {
    n,
    open: inner.open,
    key: key as ((payload: unknown) => string) | undefined,
    unordered,
  };
  return stageOf({
    name: `parallel ${inner.name}`,
    holds: true,
    batchMax: 0,
    waitMs: 0,
    open: (env, next) => new ParallelLink(made, env, next),
  });
}
