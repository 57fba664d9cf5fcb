import {
  checkChannel,
  checkKnown,
  refuseOption,
  wholeNumber,
} from "../check_settings.ts";
import type { Connection } from "../contract/broker.ts";
import type {
  AddressOf,
  AddressParameters,
  AnyChannel,
  InputOf,
} from "../contract/channel.ts";
import type { AsyncCodec, Codec } from "../contract/codec.ts";
import type { Publisher } from "../contract/publisher.ts";
import { parseAddress } from "../contract/address.ts";
import type { PipeEnv } from "../dispatch/pipe.ts";
import {
  Namer,
  type Naming,
  RandomIds,
  sharedBy,
} from "../publish/message_id.ts";
import { preparing } from "../publish/prepare.ts";
import { Inlet } from "./inlet.ts";
import type { SinkPlan } from "./plan.ts";
import type { Received } from "./received.ts";
import { SinkLink } from "./sink_link.ts";

/** The end of a pipeline: a WritableStream that our own ends recognise and fuse. */
export interface SinkStage<in I> extends WritableStream<Received<I>> {
  /** How it is fused. */
  readonly "~plan": unknown;
  /** Types only; nothing is there at run time. */
  readonly "~takes"?: (payload: I) => void;
}

/** Options for {@linkcode sinkTo}. */
export interface SinkOptions<Ch extends AnyChannel> {
  /**
   * Publishes on their way at once: one more waits.
   *
   * @default {256}
   */
  readonly maxConfirms?: number;
  /** The parameters of the address, for each payload. Without it the address has none. */
  readonly params?: (
    payload: InputOf<Ch>,
  ) => AddressParameters<AddressOf<Ch>>;
  /** Whether each message has a header `message-id`, where nobody has written that header. By default where the source's broker carries headers; of a mounted pipeline as its settings say. */
  readonly messageIds?: boolean;
}

/** What a sink publishes by. */
export interface SinkBase {
  /** It may not be open yet. */
  publisher(): Publisher;
  /** What gives its messages their ids, in one pipeline. */
  namer(env: PipeEnv): Namer | undefined;
  readonly codec?: Codec | AsyncCodec | undefined;
}

/** A sink as a stream; fused it is only its plan. */
class SinkStream extends WritableStream<unknown> {
  readonly #plan: SinkPlan;

  constructor(of: SinkPlan) {
    const inlet = new Inlet(`publish by sink "${of.name}"`, of.open);
    super({
      write: (chunk) => inlet.take(chunk),
      close: () => inlet.end(),
      abort: (reason) => inlet.drop(reason),
    }, { highWaterMark: 1 });
    this.#plan = of;
  }

  get "~plan"(): SinkPlan {
    return this.#plan;
  }
}

/** The plan of a sink, if it is one of ours. */
export function sinkPlanOf(sink: unknown): SinkPlan | undefined {
  return sink instanceof SinkStream ? sink["~plan"] : undefined;
}

/**
 * A sink of a channel.
 *
 * @throws {TypeError} If the channel or an option is none, or `params` is missing where the address has parameters.
 * @throws {RangeError} If `maxConfirms` is not a whole number of at least 1.
 */
export function sinkOf<Ch extends AnyChannel>(
  { publisher, namer, codec }: SinkBase,
  channel: Ch,
  options: SinkOptions<Ch>,
): SinkStage<InputOf<Ch>> {
  checkChannel("make a sink", channel);
  const { address } = channel;
  const where = `a sink of "${address}"`;
  checkKnown(where, options, ["maxConfirms", "params", "messageIds"]);
  const { maxConfirms = 256, params, messageIds } = options;
  wholeNumber(where, "maxConfirms", maxConfirms, 1);
  if (params !== undefined && typeof params !== "function") {
    refuseOption(where, "params", "a function", params);
  }
  if (messageIds !== undefined && typeof messageIds !== "boolean") {
    refuseOption(where, "messageIds", "a boolean", messageIds);
  }
  const { tokens } = parseAddress(address);
  if (params === undefined && tokens.some(({ kind }) => kind !== "literal")) {
    throw new TypeError(
      `Cannot make ${where}: its address has parameters, and no params gives them`,
    );
  }
  const prepare = preparing(channel, { codec });
  const nothing = Object.freeze({});
  const made = {
    address,
    maxConfirms,
    prepare: (payload: unknown, naming: Naming | undefined) =>
      prepare(
        payload,
        params === undefined
          ? nothing
          : { params: params(payload as InputOf<Ch>) },
        naming,
      ),
  };
  return new SinkStream({
    name: address,
    open: (env) => {
      const to = {
        publisher: publisher(),
        namer: messageIds === false ? undefined : namer(env),
      };
      return new SinkLink({ ...made, to }, env);
    },
  }) as SinkStage<InputOf<Ch>>;
}

/**
 * Publishes the payloads of a pipeline to a channel, and settles their deliveries when that is confirmed.
 *
 * A publish that fails and may pass later is tried again in place, with backoff, and counts no attempt; its delivery stays in hand meanwhile. Any other failure is its delivery's, and the retry policy decides. Each message has a header `message-id`, by which who reads it knows a repetition: made of the id of its source, of its place among the parts and of what it says, where the source has ids; of a subscription that each replica has for itself, it is that replica's alone. A message made of a batch has a random one.
 *
 * @example The source is settled when the sink has confirmed
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, filter, publisher, readable, sinkTo } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const large = channel<{ id: number }>("large");
 * await using connection = await new MemoryBroker().connect();
 * const reader = readable(connection, large).readable.getReader();
 * const first = reader.read();
 * const source = readable(connection, orders);
 * const done = source.pipeThrough(filter(({ id }) => id > 9)).pipeTo(sinkTo(connection, large));
 * for (const id of [1, 10]) await publisher(connection).publish(orders, { id });
 * assert.equal((await first).value?.payload.id, 10);
 * await reader.cancel();
 * await source.drain();
 * await done;
 * ```
 *
 * @throws {TypeError} If the channel or an option is none, or `params` is missing where the address has parameters.
 * @throws {RangeError} If `maxConfirms` is not a whole number of at least 1.
 */
export function sinkTo<Ch extends AnyChannel>(
  connection: Pick<Connection, "publisher">,
  channel: Ch,
  options: SinkOptions<Ch> = {},
): SinkStage<InputOf<Ch>> {
  const { messageIds } = options;
  const base: SinkBase = {
    publisher: () => connection.publisher,
    namer: ({ name, clock, policy, guarantees }) =>
      messageIds ?? guarantees.headers
        ? new Namer(
          new RandomIds(clock),
          name,
          sharedBy(policy.group, guarantees),
          "sink",
        )
        : undefined,
  };
  return sinkOf(base, channel, options);
}
