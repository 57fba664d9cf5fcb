import { MessagingError, onAbort } from "@ruststream/core/contract";
import { createHash } from "node:crypto";
import { streamed } from "../jetstream/parts.ts";
import { infoOf, type Meta } from "./_meta.ts";
import { bytesOf } from "./_names.ts";
import { widthOf } from "./_put.ts";
import type { Kept, Shelf } from "./_shelf.ts";
import type { ObjectInfo, ObjectReading } from "./types.ts";

/** The bytes of one version of an object, seen to be whole. */
class Chunks {
  readonly #shelf: Shelf;
  readonly #deed: string;
  readonly #meta: Meta;
  readonly #hash = createHash("sha256");
  #next = 1;
  #left: number;
  #size = 0;
  #width = 1;

  constructor(shelf: Shelf, deed: string, meta: Meta) {
    this.#shelf = shelf;
    this.#deed = deed;
    this.#meta = meta;
    this.#left = meta.wire.chunks ?? 0;
  }

  async *read(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { size = 0, chunks = 0, options } = this.#meta.wire;
    const widest = widthOf(
      options?.max_chunk_size ?? size / Math.max(1, chunks),
    );
    while (this.#left > 0) {
      const asked = Math.min(this.#width, this.#left);
      const found = await this.#fetch(asked, signal);
      if (found.length === 0) {
        throw await this.#broken(signal, "a chunk is missing");
      }
      // Numbers ahead are asked for while they are all its own: others may be stored between them.
      this.#width = found.length === asked
        ? Math.min(widest, this.#width * 2)
        : 1;
      for (const { body } of found) {
        this.#left--;
        this.#size += body.length;
        this.#hash.update(body);
        this.#shelf.check(this.#deed);
        yield body;
      }
    }
    const { digest = "" } = this.#meta.wire;
    const told = bytesOf(digest.replace("SHA-256=", ""));
    if (this.#size !== size) {
      throw await this.#broken(signal, "its size is not right");
    }
    if (this.#hash.digest().equals(told)) return;
    throw await this.#broken(signal, "its digest is not right");
  }

  /** The next chunks: the first of all from each of so many numbers on, each once, so that none is left out. */
  async #fetch(
    count: number,
    signal: AbortSignal,
  ): Promise<readonly Kept[]> {
    const subject = this.#shelf.subjects.chunks(this.#meta.wire.nuid ?? "");
    const over = new AbortController();
    const forget = onAbort(signal, (reason) => over.abort(reason));
    try {
      const answers = await Promise.all(
        Array.from({ length: count }, (_, i) =>
          this.#shelf.next(
            this.#deed,
            subject,
            this.#next + i,
            over.signal,
          )),
      );
      const found = new Map<number, Kept>();
      for (const one of answers) if (one) found.set(one.sequence, one);
      const kept = [...found.values()]
        .sort((a, b) => a.sequence - b.sequence)
        .slice(0, this.#left);
      this.#next = (kept.at(-1)?.sequence ?? this.#next) + 1;
      return kept;
    } finally {
      forget();
      // Where one of them failed, nobody waits for the others.
      over.abort();
    }
  }

  async #broken(signal: AbortSignal, found: string): Promise<MessagingError> {
    const { wire: { name, nuid } } = this.#meta;
    const now = await this.#shelf.meta(this.#deed, name, signal);
    const same = now?.wire.nuid === nuid && now?.wire.deleted !== true;
    return same
      ? new MessagingError("bad-reply", `Cannot ${this.#deed}: ${found}`)
      : new MessagingError(
        "conflict",
        `Cannot ${this.#deed}: it was replaced or deleted meanwhile`,
        { retryable: true },
      );
  }
}

/** An object that is read. */
export class Reading implements ObjectReading {
  readonly info: ObjectInfo;
  readonly body: ReadableStream<Uint8Array>;

  constructor(
    shelf: Shelf,
    deed: string,
    meta: Meta,
    signal: AbortSignal | undefined,
  ) {
    this.info = infoOf(shelf.store, meta);
    const chunks = new Chunks(shelf, deed, meta);
    this.body = streamed((over) => chunks.read(over), signal);
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const whole = new Uint8Array(this.info.sizeBytes);
    let at = 0;
    const reader = this.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return whole;
      // What is too much is told by the end of the stream.
      if (at + value.length <= whole.length) whole.set(value, at);
      at += value.length;
    }
  }
}
