import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import { parseAddress } from "../contract/address.ts";
import type { AnyChannel } from "../contract/channel.ts";
import type { AsyncCodec, Codec } from "../contract/codec.ts";
import {
  headers,
  type HeadersInput,
  type MessageHeaders,
} from "../contract/headers.ts";
import type { Message } from "../contract/message.ts";
import { checkChannel } from "../check_settings.ts";
import { codecOf, encodeMessage, encodeTo, isLiteral } from "./encode.ts";
import { constantHeaders, givenHeaders } from "./given_headers.ts";
import type { Naming } from "./message_id.ts";
import type { PublishOptions } from "./publish_types.ts";

/** Options of one publish, types of the address and the broker erased. */
export interface AllOptions extends PublishOptions {
  readonly params?: Readonly<Record<string, string>>;
}

/** What a publisher does to each message. */
export interface Preparing {
  /** The codec that is set around it, if one is. */
  readonly codec?: Codec | AsyncCodec | undefined;
  /** Fields of each message, under those of a call. */
  readonly headers?: HeadersInput | undefined;
  /** Whether payloads and headers are checked by the schemas of their channel. By default they are. */
  readonly validate?: boolean | undefined;
  /** Gives messages their ids. Without it nobody does. */
  readonly naming?: Naming | undefined;
}

/** Makes the messages of one channel. Waits only where the schema or the codec does, and throws what is the caller's mistake. What was aborted meanwhile rejects with the signal's reason. */
export type Prepare = (
  payload: unknown,
  options: AllOptions,
  /** Gives this message its id, in the place of what gives all of them theirs. */
  naming?: Naming,
) => Awaitable<Message>;

/**
 * What makes messages of the payloads of one channel.
 *
 * @throws {TypeError} If the channel is none, or a header that all messages have is not lawful, or its name is reserved or `message-id`.
 */
export function preparing(
  channel: AnyChannel,
  { codec: nearest, headers: constant, validate = true, naming }: Preparing,
): Prepare {
  checkChannel("publish", channel);
  const { address } = channel;
  const pattern = parseAddress(address);
  const codec = codecOf(channel, nearest);
  const checked: AnyChannel = validate ? channel : { address };
  const deed = `publish to "${address}"`;
  const fields = constant && constantHeaders(deed, constant);
  const literal = isLiteral(pattern);
  return (payload, options, other = naming) => {
    const { params, key, signal } = options;
    // Read once: a schema looks at them too, and they may be an iterator.
    const own = options.headers && givenHeaders(deed, options.headers);
    const envelope = {
      params,
      key,
      headers: own && fields ? over(fields, own) : own ?? fields,
      naming: other,
    };
    const message = literal && params === undefined
      ? encodeTo(address, checked, codec, payload, envelope)
      : encodeMessage(checked, pattern, codec, payload, envelope);
    return signal !== undefined && isPromiseLike<Message>(message)
      ? unlessAborted(message, signal)
      : message;
  };
}

async function unlessAborted(
  message: PromiseLike<Message>,
  signal: AbortSignal,
): Promise<Message> {
  const made = await message;
  signal.throwIfAborted();
  return made;
}

/** Both, but of one name only what is above. */
function over(below: MessageHeaders, above: MessageHeaders): MessageHeaders {
  return headers([
    ...[...below].filter(([name]) => !above.has(name)),
    ...above,
  ]);
}

/** What is left of the options for the broker; undefined where nothing is. */
export function brokerOptions(
  { params: _params, headers: _headers, key: _key, ...own }: AllOptions,
): { readonly signal?: AbortSignal } | undefined {
  for (const name in own) {
    if (own[name as keyof typeof own] !== undefined) return own;
  }
  return undefined;
}
