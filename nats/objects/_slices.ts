import type { ObjectBody } from "./types.ts";

/** What gives bytes in pieces of any size. */
export interface Pieces {
  next(): Promise<Uint8Array | undefined>;
  /** Lets go of where they come from, because of a reason. What waits for a piece gets none. */
  cancel(reason: unknown): void;
}

/** The bytes of a body, in the pieces that they come in. */
export function piecesOf(deed: string, body: ObjectBody): Pieces {
  if (body instanceof Uint8Array) {
    let given = false;
    return {
      next() {
        const piece = given ? undefined : body;
        given = true;
        return Promise.resolve(piece);
      },
      cancel() {},
    };
  }
  if (!(body instanceof Blob) && !(body instanceof ReadableStream)) {
    throw new TypeError(
      `Cannot ${deed}: expected the body to be a Uint8Array, a Blob or a ReadableStream, found ${typeof body}`,
    );
  }
  const stream: ReadableStream<unknown> = body instanceof Blob
    ? body.stream()
    : body;
  const reader = stream.getReader();
  let ended = false;
  return {
    async next() {
      if (ended) return undefined;
      const { done, value } = await reader.read();
      if (done) {
        ended = true;
        reader.releaseLock();
        return undefined;
      }
      if (value instanceof Uint8Array) return value;
      throw new TypeError(
        `Cannot ${deed}: expected a stream of Uint8Array, found ${typeof value}`,
      );
    },
    cancel: (reason) => void reader.cancel(reason).catch(() => {}),
  };
}

/** Cuts pieces into slices of one size, copied; only the last may be smaller, and none is empty. */
export class Slices {
  readonly #pieces: Pieces;
  readonly #size: number;
  #rest = new Uint8Array();

  constructor(pieces: Pieces, size: number) {
    this.#pieces = pieces;
    this.#size = size;
  }

  /** The next one; undefined behind the last. */
  async next(): Promise<Uint8Array | undefined> {
    const slice = new Uint8Array(this.#size);
    let filled = 0;
    while (filled < this.#size) {
      if (this.#rest.length === 0) {
        const piece = await this.#pieces.next();
        if (piece === undefined) break;
        this.#rest = piece as Uint8Array<ArrayBuffer>;
      }
      const part = this.#rest.subarray(0, this.#size - filled);
      slice.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return filled === 0 ? undefined : slice.subarray(0, filled);
  }
}
