import {
  checkChannel,
  checkKnown,
  milliseconds,
  refuseOption,
  wholeNumber,
} from "../check_settings.ts";
import type { Connection } from "../contract/broker.ts";
import type { AnyChannel, PayloadOf } from "../contract/channel.ts";
import { type Clock, systemClock } from "../contract/clock.ts";
import type { Logger } from "../log.ts";
import type { Observer } from "../observe.ts";
import { ConnectionRun } from "./connection_run.ts";
import { PipelineStream } from "./pipeline_stream.ts";
import type { Pipeline } from "./pipeline_types.ts";

/** What all pipelines may be given, mounted or not. */
export interface PipelineOptions {
  /** Shares the deliveries with the other members of the group. By default the pipeline gets each message. */
  readonly group?: string;
  /**
   * Deliveries taken and not settled yet. Best more than the largest batch.
   *
   * @default {256}
   */
  readonly maxInFlight?: number;
  /**
   * How long an abort waits for publishes under way, in milliseconds. On an application its drain has that place.
   *
   * @default {5_000}
   */
  readonly graceMs?: number;
}

/** Options for {@linkcode readable}. */
export interface ReadableOptions extends PipelineOptions {
  /**
   * Time for the pipeline.
   *
   * @default {systemClock}
   */
  readonly clock?: Clock;
  /**
   * Where it says what happens.
   *
   * @default {consoleLogger}
   */
  readonly logger?: Logger;
  /** Told what happens. By default nobody is. */
  readonly observer?: Observer;
}

/** The names of {@linkcode PipelineOptions}. */
export const pipelineOptions: readonly string[] = [
  "group",
  "maxInFlight",
  "graceMs",
];

/** Checks what all pipelines are made of, and fills in what is not given. */
export function checkPipeline(
  where: string,
  channel: unknown,
  { group, maxInFlight = 256, graceMs = 5_000 }: PipelineOptions,
): { readonly maxInFlight: number; readonly graceMs: number } {
  checkChannel(`make ${where}`, channel);
  if (group !== undefined && (typeof group !== "string" || group === "")) {
    refuseOption(where, "group", "a string that is not empty", group);
  }
  wholeNumber(where, "maxInFlight", maxInFlight, 1);
  milliseconds(where, "graceMs", graceMs);
  return { maxInFlight, graceMs };
}

/**
 * The deliveries of a channel as a pipeline of its own, outside of any application.
 *
 * It subscribes when it is first read or piped. Deliveries are decoded and checked as for a subscriber, and fail by the default retry policy: unlimited attempts, with backoff. Give it a `group` where what is unsettled must survive a crash: without one a broker may keep nothing for it.
 *
 * @example Every order becomes items, and is settled when all of them are published
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, flatMap, publisher, readable, sinkTo } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number; items: string[] }>("orders");
 * const items = channel<{ order: number; item: string }>("items");
 *
 * await using connection = await new MemoryBroker().connect();
 * const source = readable(connection, orders, { group: "explode" });
 * const done = source
 *   .pipeThrough(flatMap(({ id, items }) => items.map((item) => ({ order: id, item }))))
 *   .pipeTo(sinkTo(connection, items));
 * const reader = readable(connection, items).readable.getReader();
 * const first = reader.read();
 * await publisher(connection).publish(orders, { id: 1, items: ["tea"] });
 * assert.deepEqual((await first).value?.payload, { order: 1, item: "tea" });
 * await reader.cancel();
 * await source.drain();
 * await done;
 * ```
 *
 * @throws {TypeError} If the channel or an option is none.
 * @throws {RangeError} If a number is out of its range.
 */
export function readable<Ch extends AnyChannel>(
  connection: Connection,
  channel: Ch,
  options: ReadableOptions = {},
): Pipeline<PayloadOf<Ch>> {
  const where = "a pipeline";
  checkKnown(where, options, [
    ...pipelineOptions,
    "clock",
    "logger",
    "observer",
  ]);
  const checked = checkPipeline(where, channel, options);
  const { group, clock = systemClock, logger, observer } = options;
  const reads = {
    connection,
    channel,
    group,
    clock,
    logger,
    observer,
    ...checked,
  };
  const made: unknown = new PipelineStream(
    {
      name: channel.address,
      maxInFlight: checked.maxInFlight,
      run: (into) => new ConnectionRun(reads, into),
    },
    { clock, graceMs: checked.graceMs },
  );
  return made as Pipeline<PayloadOf<Ch>>;
}
