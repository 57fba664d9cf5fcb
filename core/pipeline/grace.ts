import type { Clock } from "../contract/clock.ts";

/** Waits for publishes under way, and no longer than so many milliseconds. */
export async function grace(
  { clock, graceMs }: { readonly clock: Clock; readonly graceMs: number },
  left: Promise<void>,
): Promise<void> {
  const enough = new AbortController();
  const slept = clock.sleep(graceMs, enough.signal).catch(() => {});
  await Promise.race([left, slept]);
  enough.abort();
}
