import type { Codec, Encodable, Encoded } from "./contract/codec.ts";

const encoder = new TextEncoder();

/** A strict decoder costs three times a lenient one on Deno (425 ns against 131 ns for 128 B), so it is asked only where a replacement character shows. */
function makeDecoder(ignoreBOM: boolean): (body: Uint8Array) => string {
  const lenient = new TextDecoder("utf-8", { ignoreBOM });
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM });
  return (body) => {
    const decoded = lenient.decode(body);
    return decoded.includes("\uFFFD") ? strict.decode(body) : decoded;
  };
}

// JSON may begin with a byte order mark that is no part of it; in a text it is a character like any other.
const decodeJson = makeDecoder(false);
const decodeText = makeDecoder(true);

function encodeJson(value: unknown): Encoded {
  const text = JSON.stringify(value);
  if (text === undefined) {
    throw new TypeError(
      `Cannot encode a payload as JSON: found ${typeof value}`,
    );
  }
  return { body: encoder.encode(text) };
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
  encode(value: unknown): Encoded {
    if (typeof value === "string") return { body: encoder.encode(value) };
    throw new TypeError(
      `Cannot encode a payload as text: expected a string, found ${typeof value}`,
    );
  },
  decode: ({ body }: Encodable): unknown => decodeText(body),
});
