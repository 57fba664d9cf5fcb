/**
 * MessagePack, by `@msgpack/msgpack`.
 *
 * @module
 */
import {
  Decoder,
  Encoder,
  type ExtData,
  ExtensionCodec,
  type ExtensionCodecType,
} from "@msgpack/msgpack";
import type { Codec, Encodable, Encoded } from "@ruststream/core/contract";
import { scanMsgpack } from "./_msgpack_scan.ts";
import { checkNames } from "./_options.ts";
import { plainKind } from "./_plain_kind.ts";

/** Options for {@linkcode msgpack}. */
export interface MsgpackOptions {
  /**
   * Whether integers of 64 bits are bigints, both ways. Then a number beyond 32 bits is written as a float.
   *
   * @default {false: a bigint is refused, and so is an integer that a number does not hold exactly}
   */
  readonly bigint?: boolean;
}

const { defaultCodec } = ExtensionCodec;

/** Dates as timestamps, and no other extension; all other objects that are no plain data are refused, where the library writes empty maps. */
const extensions: ExtensionCodecType<undefined> = {
  tryToEncode(object: unknown, context: undefined): ExtData | null {
    if (Array.isArray(object)) return null;
    const kind = plainKind("MessagePack", object);
    if (kind === "date") return defaultCodec.tryToEncode(object, context);
    if (kind === "object" && Object.hasOwn(object as object, "__proto__")) {
      throw new TypeError(
        'Cannot encode a payload as MessagePack: "__proto__" is no name',
      );
    }
    return null;
  },
  decode(data, type, context) {
    const date: unknown = defaultCodec.decode(data, type, context);
    // What it does not know comes as an object of the library.
    if (date instanceof Date && !Number.isNaN(date.getTime())) return date;
    throw new TypeError(
      date instanceof Date
        ? "Cannot decode MessagePack: a timestamp is no time"
        : `Cannot decode MessagePack: there is no extension ${type}`,
    );
  },
};

const deepest = 100;

/** Refuses bigints that the library would cut to 64 bits. What nests deeper is refused by the library. */
function checkBigints(value: unknown, depth = 0): void {
  if (typeof value === "bigint") {
    const most = value < 0n
      ? BigInt.asIntN(64, value)
      : BigInt.asUintN(64, value);
    if (most === value) return;
    throw new RangeError(
      "Cannot encode a payload as MessagePack: a bigint has more than 64 bits",
    );
  }
  if (typeof value !== "object" || value === null || depth > deepest) return;
  if (ArrayBuffer.isView(value)) return;
  for (const inner of Object.values(value)) checkBigints(inner, depth + 1);
}

/**
 * Makes a codec of MessagePack. Dates keep their milliseconds, fields that are undefined are left out, bytes stay bytes. An extension that is no timestamp does not decode.
 *
 * @example Bytes and dates need no detour
 * ```ts
 * import assert from "node:assert/strict";
 * import { msgpack } from "@ruststream/codecs/msgpack";
 * import { headers } from "@ruststream/core/contract";
 *
 * const codec = msgpack();
 * const { body } = codec.encode({ id: 1, at: new Date(0) });
 * assert.equal(body.length, 14);
 * assert.deepEqual(codec.decode({ body, headers: headers() }), { id: 1, at: new Date(0) });
 * ```
 *
 * @throws {TypeError} If there is no such option.
 */
export function msgpack(options: MsgpackOptions = {}): Codec {
  checkNames("msgpack", options, ["bigint"]);
  const { bigint = false } = options;
  const settings = {
    extensionCodec: extensions,
    useBigInt64: bigint,
    ignoreUndefined: true,
  };
  const encoder = new Encoder(settings);
  const decoder = new Decoder(settings);
  return Object.freeze({
    contentType: "application/vnd.msgpack",
    encode(value: unknown): Encoded {
      if (value === undefined) {
        throw new TypeError(
          "Cannot encode a payload as MessagePack: found undefined",
        );
      }
      if (bigint) checkBigints(value);
      return { body: encoder.encode(value) };
    },
    decode({ body }: Encodable): unknown {
      scanMsgpack(body, !bigint);
      return decoder.decode(body);
    },
  });
}
