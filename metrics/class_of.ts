import { isMessagingError } from "@ruststream/core/contract";

/** How long a name of a class may be that is shown. */
const longest = 128;

/** What an error is called by its class: the same for all of a kind, and nothing of what it says. An error can be anything, and so can its class. */
export function classOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return typeof error;
    const { name }: { readonly name: unknown } = error.constructor;
    return typeof name === "string" && name !== ""
      ? name.slice(0, longest).toWellFormed()
      : "Error";
  } catch {
    return "Error";
  }
}

/** The code of an error of ours, for those are few; undefined of any other. */
export function codeOf(error: unknown): string | undefined {
  try {
    return isMessagingError(error) ? error.code : undefined;
  } catch {
    return undefined;
  }
}
