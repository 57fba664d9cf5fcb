/**
 * Text in UTF-8.
 *
 * @module
 */
import {
  type Codec,
  type Encodable,
  type Encoded,
  toUtf8,
  utf8Reader,
} from "@ruststream/core/contract";

const read = utf8Reader(true);

/** Strings in UTF-8, a byte order mark included. Bytes that are not UTF-8 do not decode, and half of a surrogate pair does not encode. */
export const textCodec: Codec = Object.freeze({
  contentType: "text/plain; charset=utf-8",
  encode(value: unknown): Encoded {
    if (typeof value !== "string") {
      throw new TypeError(
        `Cannot encode a payload as text: found ${typeof value}`,
      );
    }
    if (!value.isWellFormed()) {
      throw new TypeError(
        "Cannot encode a payload as text: found half of a surrogate pair",
      );
    }
    return { body: toUtf8(value) };
  },
  decode: ({ body }: Encodable): unknown => read(body),
});
