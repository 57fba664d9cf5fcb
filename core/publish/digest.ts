const digits =
  "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz-";
const codes: Uint8Array = Uint8Array.from(
  digits,
  (digit) => digit.charCodeAt(0),
);

function code(bits: number): number {
  return codes[bits & 63] as number;
}

/** Spreads the bits of a word over all of it. */
function spread(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** Sixteen digits that tell what is put in apart. They keep no secret. */
export class Digest {
  // Three lanes that do not wait for each other.
  #a = 0x1e3779b9;
  #b = 0x45ebca6b;
  #c = 0x27d4eb2f;

  /** Another that goes on from here. */
  copy(): Digest {
    const made = new Digest();
    made.#a = this.#a;
    made.#b = this.#b;
    made.#c = this.#c;
    return made;
  }

  /** Puts words in, and their end. */
  text(words: string): this {
    const { length } = words;
    for (let at = 0; at < length; at++) this.#put(words.charCodeAt(at));
    this.#put(~length);
    return this;
  }

  /** Puts bytes in, and their end. */
  bytes(bytes: Uint8Array): this {
    const { length } = bytes;
    const whole = length & ~3;
    let at = 0;
    for (; at < whole; at += 4) {
      this.#put(
        (bytes[at] as number) | (bytes[at + 1] as number) << 8 |
          (bytes[at + 2] as number) << 16 | (bytes[at + 3] as number) << 24,
      );
    }
    for (; at < length; at++) this.#put(bytes[at] as number);
    this.#put(~length);
    return this;
  }

  /** Puts a whole number in. */
  count(value: number): this {
    this.#put(value);
    return this;
  }

  /** What came of it. */
  toString(): string {
    const a = spread(this.#a ^ this.#b);
    const b = spread(this.#b + a | 0);
    const c = spread(this.#c ^ b);
    return String.fromCharCode(
      code(a),
      code(a >>> 6),
      code(a >>> 12),
      code(a >>> 18),
      code(a >>> 24),
      code(b),
      code(b >>> 6),
      code(b >>> 12),
      code(b >>> 18),
      code(b >>> 24),
      code(c),
      code(c >>> 6),
      code(c >>> 12),
      code(c >>> 18),
      code(c >>> 24),
      code(a >>> 30 | b >>> 30 << 2 | c >>> 30 << 4),
    );
  }

  #put(word: number): void {
    const a = Math.imul(this.#a ^ word, 0x2c1b3c6d);
    this.#a = a << 13 | a >>> 19;
    const b = Math.imul(this.#b + word | 0, 0x297a2d39);
    this.#b = b << 15 | b >>> 17;
    const c = Math.imul(this.#c ^ word, 0x7feb352d);
    this.#c = c << 11 | c >>> 21;
  }
}
