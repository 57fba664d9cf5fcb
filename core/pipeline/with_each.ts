import { onAbort } from "../contract/on_abort.ts";
import type { PipeEnv } from "../dispatch/pipe.ts";
import { type Each, EachLink } from "./each_link.ts";
import type { Claim } from "./claim.ts";
import type { Link, Place } from "./link.ts";
import { checkStage, type Stage, stageOf, type StageOptions } from "./stage.ts";

type Open = () => ReadableWritablePair<unknown, unknown>;

const longestMs = 30_000;

/** A foreign transform that is open, and what it gives beyond one for one. */
class Transform {
  readonly #writer: WritableStreamDefaultWriter<unknown>;
  readonly #reader: ReadableStreamDefaultReader<unknown>;
  #next: Promise<ReadableStreamReadResult<unknown>>;
  /** Something came that nobody had asked for. */
  #isAhead = false;
  isBroken = false;

  constructor({ readable, writable }: ReadableWritablePair<unknown, unknown>) {
    this.#writer = writable.getWriter();
    this.#reader = readable.getReader();
    this.#writer.closed.catch(() => this.#break());
    this.#next = this.#read();
  }

  /** One payload in, one out. */
  async exchange(payload: unknown, name: string): Promise<unknown> {
    if (this.#isAhead) {
      throw new TypeError(
        `Cannot go on with stage "${name}": its transform gave more than one payload for one`,
      );
    }
    const next = this.#next;
    const { promise, reject } = Promise.withResolvers<never>();
    this.#writer.write(payload).catch(reject);
    const { done, value } = await Promise.race([next, promise]);
    if (done) {
      throw new TypeError(
        `Cannot go on with stage "${name}": its transform has ended`,
      );
    }
    this.#isAhead = false;
    this.#next = this.#read();
    return value;
  }

  /** Lets go of its streams. What they say to that is of no use to anybody. */
  async close(): Promise<void> {
    this.isBroken = true;
    await Promise.allSettled([
      this.#writer.abort(),
      this.#reader.cancel(),
    ]);
  }

  #break(): void {
    this.isBroken = true;
  }

  #read(): Promise<ReadableStreamReadResult<unknown>> {
    const read = this.#reader.read();
    read.then(() => {
      this.#isAhead = true;
    }, () => this.#break());
    return read;
  }
}

/** Sends each payload through a transform that knows nothing of what is owed. */
class WithEachLink implements Link {
  readonly #open: Open;
  readonly #link: EachLink;
  #transform: Transform | undefined = undefined;

  constructor(
    open: Open,
    { name, timeoutMs }: Pick<Each, "name" | "timeoutMs">,
    env: PipeEnv,
    next: Link,
  ) {
    this.#open = open;
    this.#link = new EachLink(
      {
        name,
        timeoutMs,
        looks: true,
        run: (payload, { signal }) => this.#exchange(payload, name, signal),
        pass: (behind, _payload, result, claim, at) =>
          behind.push(result, claim, at),
      },
      env,
      next,
    );
  }

  push(
    payload: unknown,
    claim: Claim,
    at: Place,
  ): Promise<void> | undefined {
    return this.#link.push(payload, claim, at);
  }

  idle(full: boolean): void {
    this.#link.idle(full);
  }

  end(): Promise<void> {
    // It is somebody else's, and may never answer.
    void this.#close(this.#transform);
    return this.#link.end();
  }

  drop(reason: unknown): void {
    this.#link.drop(reason);
    void this.#close(this.#transform);
  }

  async #exchange(
    payload: unknown,
    name: string,
    signal: AbortSignal,
  ): Promise<unknown> {
    if (this.#transform?.isBroken) void this.#close(this.#transform);
    const transform = this.#transform ??= new Transform(this.#open());
    // A result that comes after its time must not be taken for that of the next one.
    const forget = onAbort(signal, () => void this.#close(transform));
    try {
      return await transform.exchange(payload, name);
    } catch (error) {
      void this.#close(transform);
      throw error;
    } finally {
      forget();
    }
  }

  async #close(transform: Transform | undefined): Promise<void> {
    if (transform === undefined) return;
    if (this.#transform === transform) this.#transform = undefined;
    await transform.close();
  }
}

/**
 * Sends payloads through a Web Streams transform of somebody else, one for one: what is owed stays here and is joined with what comes out.
 *
 * After any failure, a timeout too, the transform is let go of and `open` makes another one. One that gives nothing for a payload runs into its timeout, which is 30,000 ms unless `timeoutMs` is given; one that gives two fails the next payload, for whose they are cannot be told.
 *
 * @example A transform that knows nothing of deliveries
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, publisher, readable, withEach } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const lines = channel<string>("lines");
 * const upper = () => new TransformStream<string, string>({
 *   transform: (line, controller) => controller.enqueue(line.toUpperCase()),
 * });
 * await using connection = await new MemoryBroker().connect();
 * const reader = readable(connection, lines).pipeThrough(withEach(upper)).readable.getReader();
 * const first = reader.read();
 * await publisher(connection).publish(lines, "a");
 * const { value } = await first;
 * assert.equal(value?.payload, "A");
 * await value?.settle();
 * await reader.cancel();
 * ```
 *
 * @throws {TypeError} If `open` or an option is none.
 * @throws {RangeError} If `timeoutMs` is out of its range.
 */
export function withEach<I, O>(
  open: () => ReadableWritablePair<O, I>,
  options: StageOptions = {},
): Stage<I, O> {
  const name = checkStage("withEach", open, options);
  const { timeoutMs = longestMs } = options;
  return stageOf({
    name,
    holds: false,
    batchMax: 0,
    waitMs: 0,
    open: (env, next) =>
      new WithEachLink(open as Open, { name, timeoutMs }, env, next),
  });
}
