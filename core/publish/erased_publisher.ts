import { replyOf } from "../channel.ts";
import { isPromiseLike } from "../contract/awaitable.ts";
import type { AnyChannel } from "../contract/channel.ts";
import type { Clock } from "../contract/clock.ts";
import { MessagingError } from "../contract/errors.ts";
import type { Message } from "../contract/message.ts";
import type {
  Publisher,
  RequestManyOptions,
  RequestOptions,
  Requests,
  RequestsMany,
  Schedules,
  Transaction,
  Transacts,
} from "../contract/publisher.ts";
import {
  type AllOptions,
  brokerOptions,
  type Prepare,
  type Preparing,
  preparing,
} from "./prepare.ts";
import {
  type Asking,
  obeying,
  orErrored,
  request,
  requestMany,
  type Track,
} from "./request.ts";

/** A raw publisher with whatever it can do. */
export type RawPublisher =
  & Publisher
  & Partial<Requests & RequestsMany & Transacts & Schedules>;

/** What a publisher does to each message, and by which time. */
export interface ErasedOptions extends Preparing {
  /** Says until when a reply is wanted. By default the machine's does. */
  readonly clock?: Clock | undefined;
  /** Told of each request that is open. */
  readonly track?: Track | undefined;
  /** Puts something around the publisher of one channel. */
  readonly wrap?: (raw: RawPublisher, channel: AnyChannel) => RawPublisher;
}

/** A channel, what makes its messages, and what sends them. */
export interface Ready {
  readonly channel: AnyChannel;
  readonly raw: RawPublisher;
  readonly prepare: Prepare;
}

/** Publishes one payload. */
async function publishBy(
  { prepare, raw }: Ready,
  payload: unknown,
  options: AllOptions,
): Promise<unknown> {
  const message = prepare(payload, options);
  return await raw.publish(
    isPromiseLike<Message>(message) ? await message : message,
    brokerOptions(options),
  );
}

/** What one raw publisher does with the payloads of channels, types erased. Where it is not there yet, nothing is ready. */
export class ErasedPublisher {
  readonly #raw: () => Publisher;
  readonly #options: ErasedOptions;

  constructor(raw: () => Publisher, options: ErasedOptions) {
    this.#raw = raw;
    this.#options = options;
  }

  ready(channel: AnyChannel): Ready {
    const { wrap } = this.#options;
    const raw = this.#raw();
    return {
      channel,
      raw: wrap === undefined ? raw : wrap(raw, channel),
      prepare: preparing(channel, this.#options),
    };
  }

  publish(
    to: Ready,
    payload: unknown,
    options: AllOptions = {},
  ): Promise<unknown> {
    return obeying(options.signal, () => publishBy(to, payload, options));
  }

  async request(
    to: Ready,
    payload: unknown,
    options: AllOptions & RequestOptions,
  ): Promise<unknown> {
    const raw = capable(to.raw, "request", to.channel);
    const asking = this.#asking(to);
    const asked = obeying(
      options.signal,
      () => request(raw, asking, payload, options),
    );
    this.#options.track?.(asked);
    return await asked;
  }

  requestMany(
    to: Ready,
    payload: unknown,
    options: AllOptions & RequestManyOptions,
  ): ReadableStream<unknown> {
    return orErrored(() => {
      const raw = capable(to.raw, "requestMany", to.channel);
      return requestMany(raw, this.#asking(to), payload, options);
    });
  }

  async schedule(
    to: Ready,
    payload: unknown,
    at: Date,
    options: AllOptions = {},
  ): Promise<void> {
    const raw = capable(to.raw, "schedule", to.channel);
    await obeying(options.signal, async () =>
      await raw.schedule(
        await to.prepare(payload, options),
        at,
        brokerOptions(options),
      ));
  }

  /** Opens a transaction: a publisher that is there until its end. */
  async begin(
    options?: { readonly signal?: AbortSignal },
  ): Promise<[ErasedPublisher, Transaction]> {
    const transaction = await capable(this.#raw(), "begin").begin(options);
    return [new ErasedPublisher(() => transaction, this.#options), transaction];
  }

  #asking({ channel, prepare }: Ready): Asking {
    const reply = replyOf(channel);
    if (reply !== undefined) return { channel, prepare, reply, ...this.#with };
    throw new TypeError(
      `Cannot request "${channel.address}": its channel declares no reply`,
    );
  }

  get #with(): Pick<Asking, "codec" | "clock" | "track"> {
    const { codec, clock, track } = this.#options;
    return { codec, clock, track };
  }
}

type Capability = "request" | "requestMany" | "begin" | "schedule";

function capable<K extends Capability>(
  raw: RawPublisher,
  capability: K,
  channel?: AnyChannel,
): RawPublisher & Required<Pick<RawPublisher, K>> {
  if (typeof raw[capability] === "function") {
    return raw as RawPublisher & Required<Pick<RawPublisher, K>>;
  }
  const deed = channel === undefined
    ? "begin a transaction"
    : `${capability} "${channel.address}"`;
  throw new MessagingError(
    "unsupported",
    `Cannot ${deed}: this broker's publisher lacks "${capability}"`,
  );
}
