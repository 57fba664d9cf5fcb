import { parseAddress } from "../contract/address.ts";
import type { Connection } from "../contract/broker.ts";
import { isMessagingError } from "../contract/errors.ts";
import type { Keeps } from "../contract/keeps.ts";
import type { Publisher } from "../contract/publisher.ts";
import { errorLine } from "./failure.ts";

/** Options for {@linkcode feedPublisher}. */
export interface FeedPublisherOptions {
  readonly address: string;
  readonly signal: AbortSignal;
  /** Says one line. */
  readonly say: (line: string) => void;
}

/** What the lines of a feed go through: where the broker keeps the address a line is published once it is kept, else as the connection publishes. */
export async function feedPublisher(
  connection: Connection,
  { address, signal, say }: FeedPublisherOptions,
): Promise<Publisher> {
  const { publisher } = connection;
  const keeper = connection as Connection & Partial<Keeps>;
  const { kept, keep } = keeper;
  if (
    publisher.confirms === "stored" || kept === undefined || keep === undefined
  ) return publisher;
  try {
    await kept.call(keeper, parseAddress(address), { signal });
  } catch (error) {
    const isKnown = signal.aborted ||
      isMessagingError(error, "refused") ||
      isMessagingError(error, "unsupported");
    if (!isKnown) {
      say(
        `Cannot find out whether "${address}" is kept, so its lines are only sent: ${
          errorLine(error)
        }`,
      );
    }
    return publisher;
  }
  return {
    confirms: "stored",
    publish: (message, options) => keep.call(keeper, message, options),
  };
}
