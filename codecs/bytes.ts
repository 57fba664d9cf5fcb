/**
 * Bytes as they are.
 *
 * @module
 */
import type { Codec, Encodable, Encoded } from "@ruststream/core/contract";

/** Bytes in, the same bytes out. A handler gets the message's own, so it must not write into them. */
export const bytesCodec: Codec = Object.freeze({
  contentType: "application/octet-stream",
  encode(body: unknown): Encoded {
    if (body instanceof Uint8Array) return { body };
    throw new TypeError(
      `Cannot encode a payload as bytes: found ${typeof body}`,
    );
  },
  decode: (message: Encodable): unknown => message.body,
});
