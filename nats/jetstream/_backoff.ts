import { type Clock, isMessagingError } from "@ruststream/core/contract";

const firstMs = 50;
const longestMs = 5_000;

/** Waits before the next try: not at all before the first, then longer each time, never all at once. Rejects when aborted. */
export async function backOff(
  clock: Clock,
  failures: number,
  signal: AbortSignal,
): Promise<void> {
  if (failures === 0) return signal.throwIfAborted();
  const ceiling = Math.min(longestMs, firstMs * 2 ** (failures - 1));
  await clock.sleep(ceiling * (0.5 + clock.random() / 2), signal);
}

/** Whether it may be otherwise in a moment: the connection, a server that starts, an election. */
export function isPassing(error: unknown): boolean {
  return isMessagingError(error) &&
    (error.retryable || error.code === "unsupported");
}
