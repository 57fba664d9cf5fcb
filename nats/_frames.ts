import type { MsgArg } from "@nats-io/nats-core/internal";

/** Takes the messages of one subscription: what each says of itself, and its headers and body in one. Must not throw. */
export type Taker = (head: MsgArg, data: Uint8Array) => void;

const nothing = new Uint8Array();
const lineFeed = 10;
const space = 32;
const zero = 48;
const letterH = 72;
const letterM = 77;
// The largest message that a server can be set to.
const mostBytes = 64 * 1024 * 1024;

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

function digitAt(bytes: Uint8Array, at: number): number {
  const digit = byteAt(bytes, at) - zero;
  return digit >= 0 && digit <= 9 ? digit : NaN;
}

/** Where the parts of a message lie. Most of them nobody looks at, so they are cut out when somebody does. */
class Head implements MsgArg {
  readonly sid: number;
  readonly hdr: number;
  readonly size: number;
  /** Where the headers and the body begin. */
  readonly dataAt: number;
  /** Whether its line is whole, and says what a server would say. */
  readonly isLawful: boolean;
  readonly #bytes: Uint8Array;
  readonly #subjectAt: number;
  readonly #subjectEnd: number;
  readonly #replyAt: number;
  readonly #replyEnd: number;

  /** Reads the line that begins at `at`, byte by byte: a call out of the engine for each part would cost more. */
  constructor(bytes: Uint8Array, at: number) {
    const { length } = bytes;
    const hasHeaders = bytes[at] === letterH;
    this.#bytes = bytes;
    this.#subjectAt = at + (hasHeaders ? 5 : 4);
    let i = this.#subjectAt;
    while (i < length && byteAt(bytes, i) > space) i++;
    this.#subjectEnd = i++;
    let sid = 0;
    for (; i < length && byteAt(bytes, i) > space; i++) {
      sid = sid * 10 + digitAt(bytes, i);
    }
    const sidEnd = i;
    while (i < length && byteAt(bytes, i) !== lineFeed) i++;
    this.sid = sid;
    this.dataAt = i + 1;
    // A reply address may stand before the numbers, so these are read from the line's end.
    i -= 2;
    let size = 0;
    for (let unit = 1; byteAt(bytes, i) > space; i--, unit *= 10) {
      size += digitAt(bytes, i) * unit;
    }
    this.size = size;
    let headerBytes = 0;
    if (hasHeaders) i--;
    for (let unit = 1; hasHeaders && byteAt(bytes, i) > space; unit *= 10) {
      headerBytes += digitAt(bytes, i--) * unit;
    }
    this.hdr = hasHeaders ? headerBytes : -1;
    this.#replyAt = sidEnd + 1;
    this.#replyEnd = i;
    this.isLawful = this.dataAt <= length && i >= sidEnd &&
      size <= mostBytes && headerBytes <= size;
  }

  get subject(): Uint8Array {
    return this.#bytes.subarray(this.#subjectAt, this.#subjectEnd);
  }

  get reply(): Uint8Array {
    if (this.#replyAt >= this.#replyEnd) return nothing;
    return this.#bytes.subarray(this.#replyAt, this.#replyEnd);
  }

  /** Where the next frame begins. */
  get end(): number {
    return this.dataAt + this.size + 2;
  }
}

/** What a message says of itself; undefined where its line is not whole, or cannot be read. */
function headAt(bytes: Uint8Array, at: number): Head | undefined {
  const head = new Head(bytes, at);
  return head.isLawful ? head : undefined;
}

/**
 * Sorts what a socket reads: the messages of our own subscriptions go to them at once, all else to the client, as it came.
 *
 * The client reads each byte of a line with a machine of states, and cuts out all its parts: of the 3 µs that a message of 128 bytes costs a reader by callback on Bun that is 1 µs, and here it is 0.3 µs.
 */
export class Frames {
  readonly #takers: ReadonlyMap<number, Taker>;
  readonly #pass: (bytes: Uint8Array) => void;
  // A frame that is not whole: so much of it as has come. Where its length is known it has all its room.
  #rest: Uint8Array | undefined;
  #filled = 0;

  /** `takers` are looked up by the number of a subscription; `pass` gets what is for none of them, in whole frames. */
  constructor(
    takers: ReadonlyMap<number, Taker>,
    pass: (bytes: Uint8Array) => void,
  ) {
    this.#takers = takers;
    this.#pass = pass;
  }

  /** Takes what was read. It stays as it is: messages lie in it. */
  take(chunk: Uint8Array): void {
    const rest = this.#rest;
    if (rest === undefined) return this.#sort(chunk);
    const missing = rest.length - this.#filled;
    if (missing === 0) {
      // Of a line nobody knows how long it is.
      this.#rest = undefined;
      const joined = new Uint8Array(rest.length + chunk.length);
      joined.set(rest);
      joined.set(chunk, rest.length);
      return this.#sort(joined);
    }
    rest.set(chunk.subarray(0, missing), this.#filled);
    this.#filled += chunk.length;
    if (this.#filled < rest.length) return;
    this.#rest = undefined;
    this.#sort(rest);
    this.#sort(chunk.subarray(missing));
  }

  #sort(bytes: Uint8Array): void {
    const { length } = bytes;
    // Between the two is what nobody takes.
    let from = 0;
    let at = 0;
    while (at < length) {
      const first = bytes[at];
      const head = first === letterM || first === letterH
        ? headAt(bytes, at)
        : undefined;
      const end = head?.end ?? bytes.indexOf(lineFeed, at) + 1;
      if (end === 0 || end > length) {
        this.#keep(bytes, at, end);
        break;
      }
      const taker = head && this.#takers.get(head.sid);
      if (head !== undefined && taker !== undefined) {
        if (from < at) this.#pass(bytes.subarray(from, at));
        from = end;
        taker(head, bytes.subarray(head.dataAt, end - 2));
      }
      at = end;
    }
    if (from < at) this.#pass(bytes.subarray(from, at));
  }

  #keep(bytes: Uint8Array, at: number, end: number): void {
    const begun = bytes.subarray(at);
    this.#filled = begun.length;
    if (end === 0) {
      this.#rest = begun;
      return;
    }
    this.#rest = new Uint8Array(end - at);
    this.#rest.set(begun);
  }
}
