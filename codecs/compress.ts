/**
 * Compressed bodies around any codec, by the compression streams of the web platform.
 *
 * @module
 */
import {
  type AsyncCodec,
  type Awaitable,
  type Codec,
  type Encodable,
  type Encoded,
  headers,
  isPromiseLike,
  type MessageHeaders,
} from "@ruststream/core/contract";
import { bounded } from "./_bounded.ts";
import { checkTrailer } from "./_trailer.ts";
import { checkNames } from "./_options.ts";

/** How bodies are compressed, by the words of `content-encoding`. */
export type Compression = "gzip" | "deflate";

/** Options for {@linkcode compress}. */
export interface CompressOptions {
  /**
   * How bodies are written. Both are read.
   *
   * @default {"gzip"}
   */
  readonly as?: Compression;
  /**
   * The smallest body that is compressed, in bytes. A smaller one goes as it is.
   *
   * @default {1_024}
   */
  readonly minBytes?: number;
  /**
   * The largest body that a compressed one may become, in bytes. What becomes more is refused as soon as it does, without the rest being read.
   *
   * @default {16_777_216}
   */
  readonly maxBytes?: number;
}

const field = "content-encoding";
// A kilobyte inflates to a megabyte at most, and a runtime may hand out all of it at once.
const inflateStep = 1_024;
const deflateStep = 65_536;

function isKnown(name: string): name is Compression {
  return name === "gzip" || name === "deflate";
}

async function deflated(
  encoded: Encoded,
  as: Compression,
): Promise<Encoded> {
  const stream = new CompressionStream(as);
  const body = await bounded(encoded.body, stream, Infinity, deflateStep);
  return {
    body,
    headers: headers([...headers(encoded.headers), [field, as]]),
  };
}

function without({ headers: fields }: Encodable): MessageHeaders {
  return headers([...fields].filter(([name]) => name.toLowerCase() !== field));
}

function checkBytes(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 0) return;
  throw new RangeError(
    `Cannot make codec "compress": "${name}" must be a whole number of at least 0, found ${value}`,
  );
}

function checked(options: CompressOptions): Required<CompressOptions> {
  checkNames("compress", options, ["as", "minBytes", "maxBytes"]);
  const { as = "gzip", minBytes = 1_024, maxBytes = 2 ** 24 } = options;
  if (!isKnown(as)) {
    throw new TypeError(
      `Cannot make codec "compress": "as" must be "gzip" or "deflate", found ${
        JSON.stringify(as)
      }`,
    );
  }
  checkBytes("minBytes", minBytes);
  checkBytes("maxBytes", maxBytes);
  return { as, minBytes, maxBytes };
}

/**
 * Makes a codec that compresses what another one writes, and says so in `content-encoding`.
 *
 * 1. A body under `minBytes` goes as it is, without the header, and so does one that compressing makes no smaller.
 * 2. A message without the header is read as it is; one with another encoding does not decode, nor does a body that is cut off or goes on after its stream.
 * 3. Reading stops at `maxBytes`, whatever a body claims to become. It holds at most that and a megabyte.
 *
 * It waits, so a channel that has it is read by the asynchronous loop. The broker must carry headers.
 *
 * @example Large bodies travel small
 * ```ts
 * import assert from "node:assert/strict";
 * import { compress } from "@ruststream/codecs/compress";
 * import { json } from "@ruststream/codecs/json";
 * import { headers } from "@ruststream/core/contract";
 *
 * const codec = compress(json());
 * const words = Array.from({ length: 1_000 }, () => "again");
 * const { body, headers: fields } = await codec.encode(words);
 * assert.ok(body.length < 200);
 * assert.deepEqual(await codec.decode({ body, headers: headers(fields) }), words);
 * ```
 *
 * @throws {TypeError} If `as` is another word, or there is no such option.
 * @throws {RangeError} If a size is not a whole number of at least 0.
 */
export function compress(
  codec: Codec | AsyncCodec,
  options: CompressOptions = {},
): AsyncCodec {
  const { as, minBytes, maxBytes } = checked(options);
  const shrink = (encoded: Encoded): Awaitable<Encoded> => {
    const { body } = encoded;
    if (headers(encoded.headers).has(field)) {
      throw new TypeError(
        `Cannot compress a body: its codec wrote "${field}" already`,
      );
    }
    if (body.length < minBytes) return encoded;
    return deflated(encoded, as)
      .then((small) => small.body.length < body.length ? small : encoded);
  };
  return Object.freeze({
    contentType: codec.contentType,
    waits: true as const,
    encode(value: unknown): Awaitable<Encoded> {
      const encoded = codec.encode(value);
      return isPromiseLike<Encoded>(encoded)
        ? encoded.then(shrink)
        : shrink(encoded);
    },
    decode(message: Encodable): Awaitable<unknown> {
      const found = message.headers.getAll(field).join(", ");
      const name = found.trim().toLowerCase();
      if (name === "" || name === "identity") return codec.decode(message);
      if (!isKnown(name)) {
        throw new TypeError(
          `Cannot open a body: its ${field} is ${JSON.stringify(found)}`,
        );
      }
      const stream = new DecompressionStream(name);
      return bounded(message.body, stream, maxBytes, inflateStep)
        .then((body) => {
          checkTrailer(name, message.body, body);
          return codec.decode({ body, headers: without(message) });
        });
    },
  });
}
