import { onAbort } from "@ruststream/core/contract";

/** A stream of what is found one by one; nothing is looked for before it is wanted. An abort errors it with the signal's reason, a cancel waits until the work has ended. */
export function streamed<T>(
  run: (signal: AbortSignal) => AsyncGenerator<T>,
  signal: AbortSignal | undefined,
  /** What `run` is stopped by, where somebody has made that before. */
  over: AbortController = new AbortController(),
): ReadableStream<T> {
  const forget = onAbort(signal, (reason) => over.abort(reason));
  const items = run(over.signal);
  return new ReadableStream<T>({
    async pull(controller) {
      try {
        over.signal.throwIfAborted();
        const { done, value } = await items.next();
        if (!done) return controller.enqueue(value);
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      forget();
    },
    async cancel(reason) {
      forget();
      over.abort(reason);
      await items.return(undefined);
    },
  }, { highWaterMark: 0 });
}
