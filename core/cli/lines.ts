/** A line of a feed. */
export interface Line {
  /** From 1, as an editor counts. */
  readonly number: number;
  /** What is on it, without its end. Undefined where it is longer than is kept. */
  readonly bytes: Uint8Array | undefined;
}

const lineFeed = 10;
const carriageReturn = 13;
const byteOrderMark: readonly number[] = [0xef, 0xbb, 0xbf];

/** Makes lines of chunks: LF or CRLF ends one, the last may lack its end, and a byte order mark at the start is no part of it. */
export class LineSplitter {
  readonly #maxBytes: number;
  #number = 1;
  /** What came of the line under way, in parts. */
  #parts: Uint8Array[] = [];
  #length = 0;

  /** A line of more than `maxBytes` is not kept. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that end in this chunk. */
  *push(chunk: Uint8Array): Generator<Line> {
    let from = 0;
    for (;;) {
      const to = chunk.indexOf(lineFeed, from);
      if (to < 0) break;
      yield this.#end(chunk.subarray(from, to));
      from = to + 1;
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
  }

  /** The last line, where nothing ended it. */
  *end(): Generator<Line> {
    if (this.#length > 0) yield this.#end(new Uint8Array(0));
  }

  #keep(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#length <= this.#maxBytes) this.#parts.push(part);
    else this.#parts = [];
  }

  #end(last: Uint8Array): Line {
    const number = this.#number++;
    const tooLong = this.#length + last.length > this.#maxBytes;
    const bytes = tooLong
      ? undefined
      : this.#length === 0
      ? last
      : this.#joined(last);
    this.#parts = [];
    this.#length = 0;
    return { number, bytes: bytes && trimmed(bytes, number === 1) };
  }

  #joined(last: Uint8Array): Uint8Array {
    const joined = new Uint8Array(this.#length + last.length);
    let at = 0;
    for (const part of [...this.#parts, last]) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }
}

function trimmed(bytes: Uint8Array, isFirst: boolean): Uint8Array {
  const marked = isFirst && byteOrderMark.every((byte, i) => bytes[i] === byte);
  const from = marked ? byteOrderMark.length : 0;
  const to = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length;
  return from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to);
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What a line holds: nothing but white space, JSON, or something else. */
export function kindOf(bytes: Uint8Array): "blank" | "json" | "other" {
  let text: string;
  try {
    text = decoder.decode(bytes);
    if (/^[ \t\r]*$/.test(text)) return "blank";
    JSON.parse(text);
    return "json";
  } catch {
    return "other";
  }
}
