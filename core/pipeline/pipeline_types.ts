import type { SinkStage } from "./sink_to.ts";
import type { Received } from "./received.ts";

/**
 * Payloads on their way, each with what it owes.
 *
 * At run time it is a ReadableStream; its type is narrower, so that nothing but {@linkcode Received} can flow. It is used once, as a stream is.
 *
 * A stage that fails ends its own delivery by the retry policy, and the pipeline goes on. Only a lost subscription and a chunk that is not Received error the stream.
 */
export interface Pipeline<out T> extends AsyncIterable<Received<T>> {
  /** Itself, as the stream that it is. It cannot be teed: one delivery has one claim. */
  readonly readable: ReadableStream<Received<T>>;
  /** Whether somebody reads it. */
  readonly locked: boolean;
  /**
   * Goes on through a stage. Those of this module are fused; a foreign one from Received to Received gets real streams.
   *
   * @throws {TypeError} If the pipeline is locked.
   * @throws {RangeError} If the stage makes batches larger than `maxInFlight`.
   */
  pipeThrough<U>(
    stage: ReadableWritablePair<Received<U>, Received<T>>,
    options?: StreamPipeOptions,
  ): Pipeline<U>;
  /**
   * Runs the pipeline into a sink. Resolves when the source has ended and all is settled; what is unsettled then is given back, with an error-level notice.
   *
   * Rejects with what the subscription was lost by, and with the signal's reason when aborted: then nothing more is taken, what is held is given back, and publishes under way have `graceMs` to end in and are settled by their result.
   */
  pipeTo(
    sink: SinkStage<T>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;
  /** Takes no more; what was taken goes on to its end. May be called while it is locked, and twice. Resolves when intake has ended. */
  drain(): Promise<void>;
  /** Takes no more and gives back what is held. What a reader has in hand stays the reader's. Rejects with a TypeError where it is locked. */
  cancel(reason?: unknown): Promise<void>;
}
