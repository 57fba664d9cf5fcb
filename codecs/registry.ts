/**
 * Several codecs on one address, told apart by the content type of each message.
 *
 * @module
 */
import type {
  AsyncCodec,
  Awaitable,
  Codec,
  Encodable,
  Encoded,
} from "@ruststream/core/contract";
import { mediaType } from "./_media_type.ts";
import { checkNames } from "./_options.ts";

/** A codec, whether it waits or not. */
export type AnyCodec = Codec | AsyncCodec;

/** What {@linkcode registry} makes of codecs: one that waits where any of them does. */
export type RegistryOf<C extends AnyCodec> =
  Extract<C, { readonly waits: true }> extends never ? Codec : AsyncCodec;

/** Options for {@linkcode registry}. */
export interface RegistryOptions<C extends AnyCodec> {
  /** Other content types and the codec that reads them: `{ "application/x-msgpack": msgpack() }`. Without them each codec reads its own. */
  readonly aliases?: Readonly<Record<string, C>>;
  /**
   * What reads a message that has no content type. Publishers of JSON write none.
   *
   * @default {the codec of application/json, if it is one of them; else such a message is refused}
   */
  readonly untyped?: C;
}

function readers(
  codecs: readonly AnyCodec[],
  aliases: Readonly<Record<string, AnyCodec>>,
): ReadonlyMap<string, AnyCodec> {
  const found = new Map<string, AnyCodec>();
  const named = [
    ...codecs.map((codec) => [codec.contentType, codec] as const),
    ...Object.entries(aliases),
  ];
  for (const [contentType, codec] of named) {
    const type = mediaType(contentType);
    if (found.has(type)) {
      throw new TypeError(
        `Cannot make a registry: two codecs read "${type}"`,
      );
    }
    found.set(type, codec);
  }
  return found;
}

/**
 * Makes a codec that reads by the message's `content-type`, and writes as its first one does.
 *
 * A content type that none of them has does not decode: such a message is the `undecodable` policy's. Parameters of a content type and its case do not count.
 *
 * @example JSON and MessagePack on one address
 * ```ts
 * import assert from "node:assert/strict";
 * import { json } from "@ruststream/codecs/json";
 * import { msgpack } from "@ruststream/codecs/msgpack";
 * import { registry } from "@ruststream/codecs/registry";
 * import { headers } from "@ruststream/core/contract";
 *
 * const both = registry([json(), msgpack()]);
 * const { body } = msgpack().encode({ id: 1 });
 * const packed = headers({ "content-type": "application/vnd.msgpack" });
 * assert.deepEqual(both.decode({ body, headers: packed }), { id: 1 });
 * assert.equal(both.contentType, "application/json");
 * ```
 *
 * @param codecs The codecs, the one that writes first.
 * @param options More content types.
 * @throws {TypeError} If there is no codec, or two read the same content type.
 */
export function registry<
  const T extends readonly [AnyCodec, ...AnyCodec[]],
  A extends AnyCodec = never,
>(
  codecs: T,
  options: RegistryOptions<A> = {},
): RegistryOf<T[number] | A> {
  checkNames("registry", options, ["aliases", "untyped"]);
  const [first] = codecs;
  if (first === undefined) {
    throw new TypeError("Cannot make a registry: it needs a codec");
  }
  const { aliases = {} } = options;
  const found = readers(codecs, aliases);
  const untyped: AnyCodec | undefined = options.untyped ??
    found.get("application/json");
  const readerOf = (type: string | undefined): AnyCodec => {
    const codec = type === undefined ? untyped : found.get(mediaType(type));
    if (codec !== undefined) return codec;
    throw new TypeError(
      type === undefined
        ? "Cannot choose a codec: the message has no content type"
        : `Cannot choose a codec: none reads ${JSON.stringify(type)}`,
    );
  };
  const waits = [...found.values(), untyped].some((c) => c && "waits" in c);
  const made = {
    contentType: first.contentType,
    encode: (value: unknown): Awaitable<Encoded> => first.encode(value),
    decode: (message: Encodable): Awaitable<unknown> =>
      readerOf(message.headers.get("content-type")).decode(message),
    ...(waits ? { waits } : {}),
  };
  return Object.freeze(made) as RegistryOf<T[number] | A>;
}
