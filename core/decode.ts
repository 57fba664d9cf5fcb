import { checksNothing } from "./channel.ts";
import { type Awaitable, isPromiseLike } from "./contract/awaitable.ts";
import type { AnyChannel } from "./contract/channel.ts";
import type { AsyncCodec, Codec } from "./contract/codec.ts";
import { MessagingError } from "./contract/errors.ts";
import { headers } from "./contract/headers.ts";
import type { Message } from "./contract/message.ts";
import type { SchemaResult } from "./contract/schema.ts";
import { issueText } from "./publish/encode.ts";

/**
 * The payload of a message that is no delivery: decoded, and checked by the channel's schema. Waits only where the codec or the schema does.
 *
 * @param deed What it is decoded for, for errors.
 * @throws {MessagingError} `codec` or `schema`.
 */
export function decodePayload(
  deed: string,
  channel: AnyChannel,
  codec: Codec | AsyncCodec,
  message: Message,
): Awaitable<unknown> {
  const failed = (cause: unknown): never => {
    throw new MessagingError(
      "codec",
      `Cannot ${deed}: ${codec.contentType} cannot decode the body`,
      { cause },
    );
  };
  const check = (value: unknown): Awaitable<unknown> =>
    checked(deed, channel, value);
  let value: unknown;
  try {
    value = codec.decode({
      body: message.body,
      headers: message.headers ?? headers(),
    });
  } catch (cause) {
    return failed(cause);
  }
  return "waits" in codec
    ? Promise.resolve(value).catch(failed).then(check)
    : check(value);
}

function checked(
  deed: string,
  { payload }: AnyChannel,
  value: unknown,
): Awaitable<unknown> {
  if (payload === undefined || checksNothing(payload)) return value;
  const take = (result: SchemaResult<unknown>): unknown => {
    if (result.issues === undefined) return result.value;
    throw new MessagingError(
      "schema",
      `Cannot ${deed}: the payload schema refuses, ${issueText(result.issues)}`,
    );
  };
  const failed = (cause: unknown): never => {
    throw new MessagingError(
      "schema",
      `Cannot ${deed}: the schema of its payload threw`,
      { cause },
    );
  };
  let result: Awaitable<SchemaResult<unknown>>;
  try {
    result = payload["~standard"].validate(value);
  } catch (cause) {
    return failed(cause);
  }
  return isPromiseLike<SchemaResult<unknown>>(result)
    ? Promise.resolve(result).catch(failed).then(take)
    : take(result as SchemaResult<unknown>);
}
