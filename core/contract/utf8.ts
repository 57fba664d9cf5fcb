const encoder = new TextEncoder();
const replacement = "\uFFFD";

const slabBytes = 16_384;
const mostUnits = 2_048;

/** Writes short texts side by side into one piece of memory, and then into the next. */
class Slab {
  #memory = new ArrayBuffer(0);
  #used = 0;

  encode(text: string): Uint8Array {
    const { length } = text;
    if (length > mostUnits) return encoder.encode(text);
    // Most is ASCII, with a byte for each unit; none takes more than three.
    return this.#write(text, length) ?? this.#write(text, 3 * length) ??
      encoder.encode(text);
  }

  /** Undefined where the text needs more room. */
  #write(text: string, room: number): Uint8Array | undefined {
    if (this.#used + room > this.#memory.byteLength) {
      this.#memory = new ArrayBuffer(slabBytes);
      this.#used = 0;
    }
    const from = this.#used;
    const view = new Uint8Array(this.#memory, from, room);
    const { read, written } = encoder.encodeInto(text, view);
    if (read !== text.length) return undefined;
    this.#used += written;
    return written === room
      ? view
      : new Uint8Array(this.#memory, from, written);
  }
}

// A piece of memory for each costs V8 more than the encoding: 100 characters take 110 ns here against 410 on Node, and 155 against 380 on Deno. On Bun it is cheap, and a view is what costs.
const short: Pick<Slab, "encode"> = "Bun" in globalThis ? encoder : new Slab();

/**
 * UTF-8 of a text: for codecs.
 *
 * Short ones may be views of one piece of memory, as those of a socket are: what holds one of them holds at most 16 KiB, and its `buffer` has others beside it.
 *
 * @example A view of bytes
 * ```ts
 * import assert from "node:assert/strict";
 * import { toUtf8 } from "@ruststream/core/contract";
 *
 * assert.deepEqual([...toUtf8("tea")], [116, 101, 97]);
 * ```
 */
export function toUtf8(text: string): Uint8Array {
  return short.encode(text);
}

/**
 * Makes a strict reader of UTF-8: it throws a `TypeError` for bytes that are none.
 *
 * A lenient decoder reads first, and a strict one only where a replacement character shows: on Deno a strict one costs three times as much (425 ns against 131 ns for 128 bytes).
 *
 * @example Bytes that are no text
 * ```ts
 * import assert from "node:assert/strict";
 * import { utf8Reader } from "@ruststream/core/contract";
 *
 * const read = utf8Reader(false);
 * assert.equal(read(new Uint8Array([116, 101, 97])), "tea");
 * assert.throws(() => read(new Uint8Array([255])), TypeError);
 * ```
 *
 * @param keepsMark Whether a byte order mark at the start is a part of the text.
 */
export function utf8Reader(keepsMark: boolean): (body: Uint8Array) => string {
  const options = { ignoreBOM: keepsMark };
  const lenient = new TextDecoder("utf-8", options);
  const strict = new TextDecoder("utf-8", { ...options, fatal: true });
  return (body) => {
    const text = lenient.decode(body);
    return text.includes(replacement) ? strict.decode(body) : text;
  };
}
