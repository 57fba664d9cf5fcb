import type { ParameterNames } from "../contract/address.ts";
import type {
  AddressOf,
  AddressParameters,
  AnyChannel,
  InputOf,
  PayloadOf,
} from "../contract/channel.ts";
import type { Clock } from "../contract/clock.ts";
import type { AsyncCodec, Codec } from "../contract/codec.ts";
import type { HeadersInput } from "../contract/headers.ts";
import type {
  Publisher,
  RequestManyOptions,
  RequestOptions,
  Requests,
  RequestsMany,
  Schedules,
  Transacts,
} from "../contract/publisher.ts";

/** Options for {@linkcode publisher}. */
export interface PublisherOptions {
  /** Payload to bytes and back, where the channel does not skip coding. By default the channel's own, else JSON. */
  readonly codec?: Codec | AsyncCodec;
  /** Fields of every message; a call's own of the same name stand in their place. By default there are none. */
  readonly headers?: HeadersInput;
  /**
   * Whether payloads and headers are checked by the schemas of their channel before they go out. Replies are checked in any case.
   *
   * @default {true}
   */
  readonly validate?: boolean;
  /**
   * Whether each message has a header `message-id`, by which a repetition is known: a random one, where nobody has written that header. Off for a broker that carries no headers, which would refuse it.
   *
   * @default {true}
   */
  readonly messageIds?: boolean;
  /**
   * Says until when a reply is wanted, and has the random numbers of ids.
   *
   * @default {systemClock}
   */
  readonly clock?: Clock;
}

/** Options of one publish. */
export interface PublishOptions {
  /** Fields beside the body. Those of a delivery may be given as they are: what is reserved is left out, and so is its `message-id`, for what is made of it is another message. Written by hand, as an object, a list of pairs or what `headers()` made of them, an id stays, and what is reserved is refused. By default there are none. */
  readonly headers?: HeadersInput;
  /** Ordering key, where the broker has one. By default there is none. */
  readonly key?: string;
  /** Gives up waiting when aborted; the message may still have gone out. By default the broker's own limits do. */
  readonly signal?: AbortSignal;
}

/** The parameters of an address, where it has some. */
export type ParamsOf<A extends string> = [ParameterNames<A>] extends [never]
  ? unknown
  : { readonly params: AddressParameters<A> };

/** Arguments of a publish behind the payload: `params` are required where the address has parameters. `O`: the broker's own options. */
export type PublishArgs<A extends string, O = unknown> =
  [ParameterNames<A>] extends [never] ? [options?: PublishOptions & O]
    : [
      options: PublishOptions & O & { readonly params: AddressParameters<A> },
    ];

/** Publishes payloads of any channel on one connection. `R`: the broker's receipt. `O`: its own options of one message. */
export interface ChannelPublisher<R = unknown, O = unknown> {
  /**
   * Checks, encodes and publishes one payload; resolves with the broker's receipt.
   *
   * Rejects with `schema` or `codec` if the payload does not fit, with a `TypeError` or a `RangeError` if parameters, headers or options do not, and with what the broker says.
   */
  publish<Ch extends AnyChannel>(
    channel: Ch,
    payload: InputOf<Ch>,
    ...optionsWithParams: PublishArgs<AddressOf<Ch>, O>
  ): Promise<R>;
}

/** A channel whose messages are answered. */
export type AskedChannel = AnyChannel & { readonly reply: AnyChannel };

/** Asks on any channel that declares its reply. */
export interface ChannelRequests {
  /**
   * Sends a payload, and resolves with the payload of its reply, checked by the reply's schema.
   *
   * Rejects with `codec` or `schema` where the payload does not fit, and nothing was sent; with `bad-reply` where a reply came that does not, and its `cause` says why; with `remote` where whoever was asked failed; with `no-responder`, `timeout`, `connection` or `closed` where no reply comes; and with the signal's own reason. A late reply answers nobody.
   */
  request<Ch extends AskedChannel>(
    channel: Ch,
    payload: InputOf<Ch>,
    options: RequestOptions & PublishOptions & ParamsOf<AddressOf<Ch>>,
  ): Promise<PayloadOf<Ch["reply"]>>;
}

/** Asks many at once on any channel that declares its reply. */
export interface ChannelRequestsMany {
  /**
   * Sends a payload, and gives the payloads of its replies as they come, until `maxReplies`, a stall, or the end of the time.
   *
   * The stream errors as {@linkcode ChannelRequests.request} rejects: also where one of those asked failed. Cancelling it ends the wait.
   */
  requestMany<Ch extends AskedChannel>(
    channel: Ch,
    payload: InputOf<Ch>,
    options: RequestManyOptions & PublishOptions & ParamsOf<AddressOf<Ch>>,
  ): ReadableStream<PayloadOf<Ch["reply"]>>;
}

/** Publishes payloads of any channel together, or none of them. Leaving its block without {@linkcode ChannelTransaction.commit} discards them. */
export interface ChannelTransaction<R = unknown, O = unknown>
  extends ChannelPublisher<R, O>, AsyncDisposable {
  /** Makes the messages visible, in order. Used after its end it rejects with `closed`; a commit whose answer was lost rejects with `timeout`, not retryable: unknown, not failed. */
  commit(options?: { readonly signal?: AbortSignal }): Promise<void>;
}

/** Opens transactions. */
export interface ChannelTransacts<R = unknown, O = unknown> {
  /** Opens a transaction. */
  begin(
    options?: { readonly signal?: AbortSignal },
  ): Promise<ChannelTransaction<R, O>>;
}

/** Publishes for later. */
export interface ChannelSchedules {
  /** Checks and encodes a payload now, and has it published at a time. */
  schedule<Ch extends AnyChannel>(
    channel: Ch,
    payload: InputOf<Ch>,
    at: Date,
    ...optionsWithParams: PublishArgs<AddressOf<Ch>>
  ): Promise<void>;
}

/** The options that a raw publisher has of its own. */
export type OwnOptionsOf<P> = P extends Publisher<infer O, infer _R> ? O
  : unknown;
/** What a raw publisher resolves with. */
export type ReceiptOf<P> = P extends Publisher<never, infer R> ? R : unknown;

/** What {@linkcode publisher} makes of a raw publisher: each capability that is there, typed by channels. */
export type PublisherOf<P> =
  & ChannelPublisher<ReceiptOf<P>, OwnOptionsOf<P>>
  & (P extends Requests ? ChannelRequests : unknown)
  & (P extends RequestsMany ? ChannelRequestsMany : unknown)
  & (P extends Transacts ? ChannelTransacts<ReceiptOf<P>, OwnOptionsOf<P>>
    : unknown)
  & (P extends Schedules ? ChannelSchedules : unknown);

/** Publishes payloads of one channel. */
export interface TypedPublisher<
  Ch extends AnyChannel,
  R = unknown,
  O = unknown,
> {
  /** Checks, encodes and publishes one payload; resolves with the broker's receipt. */
  publish(
    payload: InputOf<Ch>,
    ...optionsWithParams: PublishArgs<AddressOf<Ch>, O>
  ): Promise<R>;
}
