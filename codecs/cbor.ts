/**
 * CBOR, by `cborg`.
 *
 * @module
 */
import type { Codec, Encodable, Encoded } from "@ruststream/core/contract";
import {
  decode,
  type DecodeOptions,
  encode,
  type EncodeOptions,
  Token,
  Type,
} from "cborg";
import { checkNames } from "./_options.ts";
import { plainKind } from "./_plain_kind.ts";

/** Options for {@linkcode cbor}. */
export interface CborOptions {
  /**
   * Whether the fields of objects are sorted, so that equal payloads have equal bytes.
   *
   * @default {false: they keep their order}
   */
  readonly sorted?: boolean;
}

// RFC 8949, 3.4.2: seconds since the epoch.
const epochTag = 1;

type TypeEncoders = NonNullable<EncodeOptions["typeEncoders"]>;

function refuse(value: unknown): never {
  plainKind("CBOR", value);
  throw new TypeError("Cannot encode a payload as CBOR: found another object");
}

function dateTokens(date: Date): Token[] {
  plainKind("CBOR", date);
  const ms = date.getTime();
  const seconds = ms / 1000;
  if (Math.round(seconds * 1000) !== ms) {
    throw new RangeError(
      "Cannot encode a date as CBOR: it is too far away for its milliseconds",
    );
  }
  return [
    new Token(Type.tag, epochTag),
    Number.isInteger(seconds)
      ? new Token(seconds < 0 ? Type.negint : Type.uint, seconds)
      : new Token(Type.float, seconds),
  ];
}

function readDate(content: () => unknown): Date {
  const seconds = content();
  const ms = typeof seconds === "number" ? Math.round(seconds * 1000) : NaN;
  const date = new Date(ms);
  if (!Number.isNaN(date.getTime())) return date;
  throw new RangeError("Cannot decode a date of CBOR: it is no time");
}

// The library would write these as lists, bytes or objects, and read them as such. It looks here for each value: what is not here is known to be missing at once
// where there is no prototype to look into, which is 5 to 10 % of encoding.
const typeEncoders = {
  __proto__: null,
  Date: dateTokens,
  Map: refuse,
  ArrayBuffer: refuse,
  DataView: refuse,
  Int8Array: refuse,
  Uint8ClampedArray: refuse,
  Int16Array: refuse,
  Uint16Array: refuse,
  Int32Array: refuse,
  Uint32Array: refuse,
  Float32Array: refuse,
  Float64Array: refuse,
  BigInt64Array: refuse,
  BigUint64Array: refuse,
} as unknown as TypeEncoders;

const reading: DecodeOptions = Object.freeze({
  tags: Object.freeze({ [epochTag]: readDate }),
});

/** Where there is a Buffer the library makes one, whose `slice` is not that of other bytes. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array
    ? bytes
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * Makes a codec of CBOR. Integers beyond 2^53 - 1 are bigints both ways; dates are epoch times (tag 1), to the millisecond; bytes stay bytes.
 *
 * Another tag, a name that is no text and what follows the end do not decode. Of a field that is there twice the last counts, as in JSON.
 *
 * @example Bytes and dates need no detour
 * ```ts
 * import assert from "node:assert/strict";
 * import { cbor } from "@ruststream/codecs/cbor";
 * import { headers } from "@ruststream/core/contract";
 *
 * const codec = cbor();
 * const { body } = codec.encode({ id: 1, at: new Date(0) });
 * assert.equal(body.length, 10);
 * assert.deepEqual(codec.decode({ body, headers: headers() }), { id: 1, at: new Date(0) });
 * ```
 *
 * @throws {TypeError} If there is no such option.
 */
export function cbor(options: CborOptions = {}): Codec {
  checkNames("cbor", options, ["sorted"]);
  // Its own sorter is what the library falls back to, so that none must be said.
  const unsorted = options.sorted ? {} : { mapSorter: undefined };
  const writing = Object.freeze({
    typeEncoders,
    ignoreUndefinedProperties: true,
    ...unsorted,
  }) as unknown as EncodeOptions;
  return Object.freeze({
    contentType: "application/cbor",
    encode: (value: unknown): Encoded => ({
      body: plainBytes(encode(value, writing)),
    }),
    decode: ({ body }: Encodable): unknown => decode(body, reading),
  });
}
