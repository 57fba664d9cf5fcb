import { checkKnown, foundText } from "../check_settings.ts";
import { isPromiseLike } from "../contract/awaitable.ts";
import type { Connection } from "../contract/broker.ts";
import type { AnyChannel, InputOf, PayloadOf } from "../contract/channel.ts";
import { systemClock } from "../contract/clock.ts";
import type { Publisher } from "../contract/publisher.ts";
import { Definition } from "../definition.ts";
import type { DeliveryContext } from "../dispatch/contexts.ts";
import type { PipeBlueprint, PipeEnv, PipeSinks } from "../dispatch/pipe.ts";
import { out, type Outs } from "../publish/out.ts";
import type { Settings } from "../settings.ts";
import type { Subscriber } from "../subscriber_types.ts";
import { Feed } from "./feed.ts";
import { MountRun } from "./mount_run.ts";
import type { Origin, OriginRun } from "./origin.ts";
import { PipelineStream } from "./pipeline_stream.ts";
import type { Pipeline } from "./pipeline_types.ts";
import {
  checkPipeline,
  type PipelineOptions,
  pipelineOptions,
} from "./readable.ts";
import { sinkOf, type SinkOptions, type SinkStage } from "./sink_to.ts";

/** Options for {@linkcode pipeline}. */
export interface MountedPipelineOptions<Ch extends AnyChannel>
  extends
    PipelineOptions,
    Pick<Settings<Ch>, "retry" | "deadLetter" | "undecodable"> {
  /** Tells subscribers apart. By default the address, numbered where it is there twice. */
  readonly name?: string;
}

/** What the sinks of a mounted pipeline are called at its mount: by the addresses of their channels. */
export type PipelineSlots = Readonly<Record<string, unknown>>;

/** What a mounted pipeline publishes by. */
export interface PipelineIo {
  /** Publishes the payloads of a pipeline to a channel, and settles their deliveries when that is confirmed. By the broker's default publisher, unless the mount has a sink for it: `out`, by the channel's address. */
  sinkTo<To extends AnyChannel>(
    channel: To,
    options?: SinkOptions<To>,
  ): SinkStage<InputOf<To>>;
}

type Build = (s: Pipeline<unknown>, io: PipelineIo) => PromiseLike<void>;

const known = [
  ...pipelineOptions,
  "name",
  "retry",
  "deadLetter",
  "undecodable",
];

/** Never gives anything: for a look at what is built on it. */
function sketchRun(): OriginRun {
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    ended: new Promise(() => {}),
    finish: nothing,
    drain: nothing,
    cancel: nothing,
    abort: nothing,
  };
}

/** What a pipeline publishes to, found by building it once on a source that gives nothing. */
function sketch(where: string, origin: Origin, build: Build): Outs {
  const outs: Record<string, Outs[string]> = {};
  const grounds = { clock: systemClock, graceMs: 0 };
  const source = new PipelineStream({ ...origin, run: sketchRun }, grounds);
  const nowhere = (): Publisher => {
    throw new TypeError(`Cannot publish by ${where}: it is not started`);
  };
  const built: unknown = build(source as unknown as Pipeline<unknown>, {
    sinkTo: (channel, options = {}) => {
      const base = { publisher: nowhere, namer: () => undefined };
      const made = sinkOf(base, channel, options);
      outs[channel.address] = out(channel);
      return made;
    },
  });
  if (!isPromiseLike(built)) {
    throw new TypeError(
      `Cannot make ${where}: expected its function to return the promise of pipeTo, found ${
        foundText(built)
      }`,
    );
  }
  // What goes wrong will do so at the start too, where somebody is told.
  Promise.resolve(built).catch(() => {});
  if (!source.locked) {
    throw new TypeError(
      `Cannot make ${where}: its function pipes its source nowhere`,
    );
  }
  return outs;
}

/** Opens a pipeline for one start of the application. */
function opened(
  origin: Origin,
  graceMs: number,
  env: Omit<PipeEnv, "maxInFlight" | "graceMs">,
  sinks: PipeSinks,
  build: Build,
): Feed {
  const { name, codec, clock } = env;
  const { maxInFlight } = origin;
  const feed = new Feed({ ...env, maxInFlight, graceMs });
  const source = new PipelineStream(
    { name, maxInFlight, run: (into) => new MountRun(feed, into) },
    { clock, graceMs },
  );
  const sinkTo: PipelineIo["sinkTo"] = (channel, options = {}) =>
    sinkOf(
      {
        publisher: () => {
          const found = sinks[channel.address];
          if (found !== undefined) return found.publisher;
          throw new TypeError(
            `Cannot publish to "${channel.address}" from "${name}": it was not there when the pipeline was made`,
          );
        },
        namer: () => sinks[channel.address]?.namer,
        codec,
      },
      channel,
      options,
    );
  const fail = (cause: unknown): void =>
    feed.fail(
      new Error(`Cannot go on: pipeline "${name}" failed`, { cause }),
    );
  const run = async (): Promise<void> => {
    await build(source as unknown as Pipeline<unknown>, { sinkTo });
    if (feed.isOver) return;
    throw new TypeError(
      `Cannot go on: the function of pipeline "${name}" returned before its source had ended`,
    );
  };
  run().catch(fail);
  return feed;
}

/**
 * A pipeline to mount on an application like a subscriber: it has a name, settings, observers and a place in the document, and a stop drains it.
 *
 * What `build` returns is the promise of `pipeTo`. It is called once here, on a source that gives nothing, for what it publishes to; and then once at each start. A pipeline that ends by itself (its stream errors, or `build` returns early) stops the service.
 *
 * Middleware of the application is around the whole way of a delivery, to the end of the last of its parts.
 *
 * @example Mounted
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, flatMap, pipeline, RustStream } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ items: string[] }>("orders");
 * const items = channel<string>("items");
 * const explode = pipeline(orders, { name: "explode", group: "shop" }, (s, io) =>
 *   s.pipeThrough(flatMap((order) => order.items)).pipeTo(io.sinkTo(items)));
 *
 * const app = new RustStream({ title: "shop", version: "1.0.0" })
 *   .withBroker(new MemoryBroker(), (b) => b.include(explode));
 * assert.deepEqual(app.describe().subscribers[0]?.out, { items: "items" });
 * const running = await app.start();
 * await running.publisher.publish(orders, { items: ["tea"] });
 * assert.deepEqual(await running.stop(), { settled: 1, returned: 0, lost: 0 });
 * ```
 *
 * @throws {TypeError} If the channel or an option is none, or `build` returns no promise or pipes its source nowhere.
 * @throws {RangeError} If a number is out of its range, or a batch is larger than `maxInFlight`.
 */
export function pipeline<Ch extends AnyChannel>(
  from: Ch,
  options: MountedPipelineOptions<Ch>,
  build: (s: Pipeline<PayloadOf<Ch>>, io: PipelineIo) => Promise<void>,
): Subscriber<Connection, unknown, PipelineSlots> {
  const { name, maxInFlight: _most, graceMs: _grace, ...settings } = options;
  const where = `pipeline "${
    name ?? (from as AnyChannel | undefined)?.address
  }"`;
  checkKnown(where, options, known);
  const { maxInFlight, graceMs } = checkPipeline(where, from, options);
  if (typeof build !== "function") {
    throw new TypeError(
      `Cannot make ${where}: expected a function, found ${foundText(build)}`,
    );
  }
  const origin: Origin = {
    name: name ?? from.address,
    maxInFlight,
    run: sketchRun,
  };
  const outs = sketch(where, origin, build as Build);
  const blueprint: PipeBlueprint = {
    maxInFlight,
    open: (env, sinks) => opened(origin, graceMs, env, sinks, build as Build),
  };
  return new Definition(
    from,
    { ...settings, ...(name === undefined ? {} : { name }), out: outs },
    // Each start has a pipe of its own.
    (payload: unknown, ctx: DeliveryContext) =>
      ctx.job.route.pipe?.take(payload, ctx as never),
    false,
    Object.freeze(blueprint),
  ) as Subscriber<Connection, unknown, PipelineSlots>;
}
