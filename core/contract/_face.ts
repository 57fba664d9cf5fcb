import { onAbort } from "./on_abort.ts";

/** How a stream ended: closed, or broken by a cause. */
export type FaceEnd =
  | { readonly kind: "closed" }
  | { readonly kind: "broken"; readonly cause: unknown };

/** What the faces of one buffer share. */
export interface FaceHost {
  /** Whether any face is locked. */
  readonly locked: boolean;
  /** Called before a face gets a reader. Throws a TypeError where any face has one. */
  take(face: Face): void;
  /** A read waits at this face: give to it, or tell it to wait. */
  pull(face: Face): void;
  /** A reader has cancelled. */
  cancel(): Promise<void>;
}

/**
 * A stream of what a buffer holds, which shares its lock with the other faces of that buffer.
 *
 * It is pulled by a read only, and given to only while that read waits: nothing ever lies in the stream's own queue, where the other faces could not see it. No stream tells whether its read still waits. It does not once the reader was
 * released, nor when another was taken since: the first is looked up before giving, and for the second every member that takes a reader is overridden.
 */
export class Face<C = unknown> extends ReadableStream<C> {
  /** How many deliveries a chunk holds at most. */
  readonly count: number;
  readonly #host: FaceHost;
  readonly #cut: () => C;
  readonly #controller: ReadableStreamDefaultController<C>;
  #waits = false;
  #ended = false;
  #leaving = false;

  /** `cut` takes the next chunk out of the buffer, and is called only where there is one. */
  constructor(host: FaceHost, count: number, cut: () => C) {
    let controller!: ReadableStreamDefaultController<C>;
    super({
      start: (own) => {
        controller = own;
      },
      pull: () => this.#pull(),
      cancel: () => {
        this.#ended = true;
        return host.cancel();
      },
    }, { highWaterMark: 0 });
    this.count = count;
    this.#host = host;
    this.#cut = cut;
    this.#controller = controller;
  }

  /** Whether a read waits, or did when its reader was released. */
  get waits(): boolean {
    return this.#waits;
  }

  /** Whether this face itself has a reader. */
  get held(): boolean {
    return super.locked;
  }

  /** Lets the read wait for a chunk. */
  wait(): void {
    this.#waits = true;
  }

  /** Forgets a read that was given up. */
  forget(): void {
    this.#waits = false;
    this.#leaving = false;
  }

  /** Gives the next chunk to the read that waits. */
  give(): void {
    this.#waits = false;
    this.#controller.enqueue(this.#cut());
  }

  /** Ends the stream, unless it has ended. */
  end(end: FaceEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    if (end.kind === "closed") this.#controller.close();
    else this.#controller.error(end.cause);
  }

  override get locked(): boolean {
    return this.#host.locked;
  }

  override getReader(options: { mode: "byob" }): ReadableStreamBYOBReader;
  override getReader(): ReadableStreamDefaultReader<C>;
  override getReader(
    options?: ReadableStreamGetReaderOptions,
  ): ReadableStreamReader<C>;
  override getReader(
    options?: ReadableStreamGetReaderOptions,
  ): ReadableStreamReader<C> {
    this.#host.take(this);
    return super.getReader(options);
  }

  override async pipeTo(
    destination: WritableStream<C>,
    options?: StreamPipeOptions,
  ): Promise<void> {
    this.#host.take(this);
    // An aborted pipe may wait for a slow write before it lets go; its read must not take a delivery meanwhile.
    const forget = onAbort(options?.signal, () => {
      this.#leaving = true;
      this.#waits = false;
    });
    try {
      await super.pipeTo(destination, options);
    } finally {
      forget();
    }
  }

  override pipeThrough<T>(
    pair: ReadableWritablePair<T, C>,
    options?: StreamPipeOptions,
  ): ReadableStream<T> {
    if (this.locked || pair.writable.locked) {
      throw new TypeError(
        `Cannot pipe deliveries: ${
          this.locked ? "they have a reader" : "the writable side has a writer"
        } already`,
      );
    }
    // As the standard has it: what fails here shows at the readable side.
    this.pipeTo(pair.writable, options).catch(() => {});
    return pair.readable;
  }

  override tee(): [ReadableStream<C>, ReadableStream<C>] {
    this.#host.take(this);
    return super.tee();
  }

  override values(
    options?: ReadableStreamIteratorOptions,
  ): ReturnType<ReadableStream<C>["values"]> {
    this.#host.take(this);
    return super.values(options);
  }

  override [Symbol.asyncIterator](
    options?: ReadableStreamIteratorOptions,
  ): ReturnType<ReadableStream<C>["values"]> {
    return this.values(options);
  }

  override async cancel(reason?: unknown): Promise<void> {
    this.#host.take(this);
    await super.cancel(reason);
    // A closed stream knows nothing of how its cancel went.
    await this.#host.cancel();
  }

  #pull(): void {
    if (!this.#waits && !this.#leaving) this.#host.pull(this);
  }
}
