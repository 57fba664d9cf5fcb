import type { Clock } from "../contract/clock.ts";
import { grace } from "./grace.ts";
import { Inlet } from "./inlet.ts";
import type { OriginRun, Outflow } from "./origin.ts";

/** What came out of somebody else's stage, and the source before it. */
export interface Foreign {
  readonly name: string;
  readonly readable: ReadableStream<unknown>;
  readonly clock: Clock;
  readonly graceMs: number;
  /** The source before it, which runs from here on. */
  upstream(): OriginRun;
}

/** Reads what came out of somebody else's stage into the links behind it. */
export class StreamRun implements OriginRun {
  readonly ended: Promise<void>;
  readonly #foreign: Foreign;
  readonly #upstream: OriginRun;
  readonly #reader: ReadableStreamDefaultReader<unknown>;
  readonly #inlet: Inlet;
  readonly #aborted = Promise.withResolvers<void>();
  #failure: { readonly cause: unknown } | undefined = undefined;

  constructor(foreign: Foreign, into: Outflow) {
    this.#foreign = foreign;
    this.#upstream = foreign.upstream();
    this.#reader = foreign.readable.getReader();
    this.#inlet = new Inlet(`go on with "${foreign.name}" by`, (env) => {
      into.check(env.guarantees);
      return into.open(env);
    });
    this.ended = this.#run();
    // It may be lost while nothing is read here, for a payload is under way.
    this.#upstream.ended.catch((reason) => this.abort(reason));
  }

  async finish(isLeft: boolean): Promise<void> {
    await this.#upstream.finish(isLeft);
  }

  async drain(): Promise<void> {
    await this.#upstream.drain();
  }

  async cancel(reason: unknown): Promise<void> {
    this.#inlet.drop(reason);
    await Promise.allSettled([
      this.#upstream.cancel(reason),
      this.#reader.cancel(reason),
    ]);
  }

  async abort(reason: unknown): Promise<void> {
    if (this.#failure !== undefined) return await this.#aborted.promise;
    this.#failure = { cause: reason };
    const cancelled = this.#upstream.cancel(reason);
    this.#inlet.drop(reason);
    // What stands in between is somebody else's, and may never answer.
    const gone = this.#reader.cancel(reason).catch(() => {});
    const left = Promise.all([this.#inlet.end(), gone]);
    await grace(this.#foreign, left.then(() => {}));
    await cancelled.catch(() => {});
    // What somebody in between has in hand goes back with the rest.
    await this.#upstream.abort(reason);
    this.#aborted.resolve();
  }

  async #run(): Promise<void> {
    await Promise.race([this.#readAll(), this.#aborted.promise]);
    if (this.#failure === undefined) return;
    await this.#aborted.promise;
    throw this.#failure.cause;
  }

  async #readAll(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) break;
        await this.#inlet.take(value);
      }
      await this.#inlet.end();
    } catch (error) {
      await this.abort(error);
    }
  }
}
