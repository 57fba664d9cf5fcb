import type { Running } from "../app/types.ts";
import type { Clock } from "../contract/clock.ts";

/**
 * Resolves when the application was found idle twice in a row with nothing settled between, or with the abort of the signal.
 *
 * What cannot be asked, while a broker is away, is not idle.
 *
 * @param everyMs How long to wait between two looks.
 * @param settled A count that changes whenever a delivery ends.
 * @returns Whether it was idle.
 */
export async function untilIdle(
  running: Running,
  { clock, everyMs, settled, signal }: {
    readonly clock: Clock;
    readonly everyMs: number;
    readonly settled: () => number;
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
  let before: number | undefined = undefined;
  while (!signal.aborted) {
    const idle = await running.isIdle().catch(() => false);
    const count = settled();
    if (idle && before === count) return true;
    before = idle ? count : undefined;
    await clock.sleep(everyMs, signal).catch(() => {});
  }
  return false;
}
