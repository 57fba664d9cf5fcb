import { isMessagingError, MessagingError } from "@ruststream/core/contract";
import { isFault } from "./_api.ts";

/** Declares something. Where the server refuses it because of another one, which it does not name, the error names those that it can be. */
export async function namingOthers<T>(
  declare: () => Promise<T>,
  faults: readonly number[],
  others: () => Promise<readonly string[]>,
): Promise<T> {
  try {
    return await declare();
  } catch (error) {
    if (!isMessagingError(error)) throw error;
    if (!faults.some((fault) => isFault(error, fault))) throw error;
    // Who may not look gets the error as it is.
    const found = new Set(await others().catch(() => []));
    if (found.size === 0) throw error;
    throw new MessagingError(
      error.code,
      `${error.message}: ${[...found].map((other) => `"${other}"`).join(", ")}`,
      { cause: error },
    );
  }
}
