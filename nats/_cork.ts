import type { Clock } from "@ruststream/core/contract";

const chunkBytes = 65_536;
const encoder = new TextEncoder();

/** Collects what is written in one turn of the event loop, and hands it on in as few pieces as possible. */
export class Cork {
  readonly #clock: Clock;
  readonly #hand: (pieces: readonly Uint8Array[]) => void;
  #chunk: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  // Of the chunk: what is not handed on yet is between the two.
  #from = 0;
  #to = 0;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #waits = false;
  #open = true;

  /** `hand` gets the pieces, in order. They stay as they are: nobody writes there again. */
  constructor(clock: Clock, hand: (pieces: readonly Uint8Array[]) => void) {
    this.#clock = clock;
    this.#hand = hand;
  }

  /** Bytes that are not handed on yet. */
  get held(): number {
    return this.#bytes;
  }

  /** Adds bytes that nobody writes into any more: they are not copied. */
  add(bytes: Uint8Array): void {
    this.#seal();
    this.#pieces.push(bytes);
    this.#count(bytes.length);
  }

  /** Adds one protocol message: its control line, the headers, the body and a line end. All is copied. */
  addMessage(
    line: string,
    headers: Uint8Array | undefined,
    body: Uint8Array,
  ): void {
    const headerBytes = headers?.length ?? 0;
    this.#reserve(line.length * 3 + headerBytes + body.length + 2);
    const start = this.#to;
    this.#text(line);
    if (headers !== undefined) this.#copy(headers);
    this.#copy(body);
    const chunk = this.#chunk;
    chunk[this.#to++] = 13;
    chunk[this.#to++] = 10;
    this.#count(this.#to - start);
  }

  /** Hands on what there is, now. */
  flush(): void {
    this.#seal();
    if (this.#pieces.length === 0) return;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    this.#hand(pieces);
  }

  /** Drops what was not handed on, and takes no more. */
  end(): void {
    this.#open = false;
    this.#pieces = [];
    this.#from = this.#to;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#waits) return;
    this.#waits = true;
    this.#clock.turn().then(() => {
      this.#waits = false;
      if (this.#open) this.flush();
    });
  }

  #reserve(bytes: number): void {
    if (this.#chunk.length - this.#to >= bytes) return;
    this.#seal();
    this.#chunk = new Uint8Array(Math.max(chunkBytes, bytes));
    this.#from = this.#to = 0;
  }

  #seal(): void {
    if (this.#from === this.#to) return;
    this.#pieces.push(this.#chunk.subarray(this.#from, this.#to));
    this.#from = this.#to;
  }

  #copy(bytes: Uint8Array): void {
    this.#chunk.set(bytes, this.#to);
    this.#to += bytes.length;
  }

  // A control line is short and nearly always ASCII: a loop costs less there than a call out of the engine.
  #text(text: string): void {
    const chunk = this.#chunk;
    const start = this.#to;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) {
        const { written } = encoder.encodeInto(text, chunk.subarray(start));
        this.#to = start + written;
        return;
      }
      chunk[start + i] = code;
    }
    this.#to = start + text.length;
  }
}
