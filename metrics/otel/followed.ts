import { type Awaitable, isPromiseLike } from "@ruststream/core/contract";

/** Who is told how something ended. */
export interface Ends {
  ended(): void;
  failed(error: unknown): void;
}

/** Does something, and tells when it has ended: a value at once, a promise when it settles, a stream when that is over. */
export function followed(
  work: () => Awaitable<unknown>,
  ends: Ends,
  isWanted: boolean,
): Awaitable<unknown> {
  if (!isWanted) return work();
  try {
    const made = work();
    return isPromiseLike<unknown>(made)
      ? Promise.resolve(made).then((value) => whole(value, ends), (error) => {
        ends.failed(error);
        throw error;
      })
      : whole(made, ends);
  } catch (error) {
    ends.failed(error);
    throw error;
  }
}

function whole(value: unknown, ends: Ends): unknown {
  if (value instanceof ReadableStream) return followedStream(value, ends);
  ends.ended();
  return value;
}

/** The same stream, its end told: by who gives, or by who reads no more. */
function followedStream<T>(
  from: ReadableStream<T>,
  ends: Ends,
): ReadableStream<T> {
  const reader = from.getReader();
  return new ReadableStream<T>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
      } catch (error) {
        ends.failed(error);
        throw error;
      }
      ends.ended();
      controller.close();
    },
    cancel(reason) {
      ends.ended();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
