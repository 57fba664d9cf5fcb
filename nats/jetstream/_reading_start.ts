import type { Deliver } from "./consumer_options.ts";
import type { StreamStart } from "./subscription.ts";

/** Where a reading begins: at a place, or with the last message of each subject. */
export type ReadingStart = StreamStart | "lasts";

/** How a consumer begins there. */
export function deliverOf(from: ReadingStart, name: string): Deliver {
  if (from === "start") return "all";
  if (from === "lasts") return "last-per-subject";
  if (from === "end") return "new";
  if (from instanceof Date) {
    if (!Number.isNaN(from.getTime())) return { time: from };
    throw new RangeError(
      `Cannot read stream "${name}": expected a valid Date, found ${from}`,
    );
  }
  const { sequence } = (from ?? {}) as { readonly sequence?: unknown };
  if (Number.isSafeInteger(sequence) && (sequence as number) > 0) {
    return { sequence: sequence as number };
  }
  throw new TypeError(
    `Cannot read stream "${name}": expected "start", "end", a Date or a position, found ${
      JSON.stringify(from)
    }`,
  );
}
