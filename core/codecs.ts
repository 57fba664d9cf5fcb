import type { Codec, Encodable, Encoded } from "./contract/codec.ts";
import { toUtf8, utf8Reader } from "./contract/utf8.ts";

// JSON may begin with a byte order mark that is no part of it; in a text it is a character like any other.
const decodeJson = utf8Reader(false);
const decodeText = utf8Reader(true);

function encodeJson(value: unknown): Encoded {
  const text = JSON.stringify(value);
  if (text === undefined) {
    throw new TypeError(
      `Cannot encode a payload as JSON: found ${typeof value}`,
    );
  }
  return { body: toUtf8(text) };
}

/** JSON in UTF-8: what a channel uses where nothing else is set. */
export const jsonCodec: Codec = Object.freeze({
  contentType: "application/json",
  encode: encodeJson,
  decode: ({ body }: Encodable): unknown => JSON.parse(decodeJson(body)),
});

/** Bytes as they are. A handler gets the message's own: it must not write into them. */
export const bytesCodec: Codec = Object.freeze({
  contentType: "application/octet-stream",
  stays: true,
  encode(value: unknown): Encoded {
    if (value instanceof Uint8Array) return { body: value };
    throw new TypeError(
      `Cannot encode a payload as bytes: expected a Uint8Array, found ${typeof value}`,
    );
  },
  decode: ({ body }: Encodable): unknown => body,
});

/** Text in UTF-8. Bytes that are not UTF-8 do not decode. */
export const textCodec: Codec = Object.freeze({
  contentType: "text/plain; charset=utf-8",
  stays: true,
  encode(value: unknown): Encoded {
    if (typeof value === "string") return { body: toUtf8(value) };
    throw new TypeError(
      `Cannot encode a payload as text: expected a string, found ${typeof value}`,
    );
  },
  decode: ({ body }: Encodable): unknown => decodeText(body),
});
