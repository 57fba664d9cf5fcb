import { isMessagingError, MessagingError } from "@ruststream/core/contract";
import { overlaps } from "../inside/match.ts";
import type { Api } from "./_api.ts";
import type { Wire } from "./_fields.ts";
import type { Hub } from "./_hub.ts";

// How long finding out may take: while a cluster elects, nobody knows.
const longestMs = 5_000;

/** What brings messages into a stream under other subjects than it says it takes. */
const otherWays = ["mirror", "sources", "subject_transform"] as const;

const quoted = (subjects: readonly string[]): string =>
  subjects.map((subject) => `"${subject}"`).join(", ");

/**
 * Refuses to read subjects that nothing comes to: the stream takes none of them, and holds no message of them from before.
 *
 * @throws {MessagingError} `refused`, which names the stream, what it takes, and what was asked for.
 */
export async function checkTaken(
  api: Api,
  /** What the server says of the stream; undefined where nobody looked. */
  config: Wire | undefined,
  asked: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  if (config === undefined) return;
  if (otherWays.some((way) => config[way] !== undefined)) return;
  const name = config["name"] as string;
  const taken = (config["subjects"] ?? []) as readonly string[];
  for (const subject of asked) {
    if (taken.some((one) => overlaps(one, subject))) continue;
    const deed = `read "${subject}" from stream "${name}"`;
    const { subjects = {} } = await api.stateOf(deed, name, subject, signal);
    if (Object.keys(subjects).length > 0) continue;
    throw new MessagingError(
      "refused",
      `Cannot ${deed}: it takes ${quoted(taken)} only`,
    );
  }
}

/**
 * Looks for why nobody answers for a subject. Resolves with whether JetStream is there at all: then its stream may be without a leader for a moment.
 *
 * @throws {MessagingError} `refused` where no stream takes the subject. What else cannot be found out is no error.
 */
export async function checkTakenByAny(
  { api, session }: Hub,
  deed: string,
  subject: string,
): Promise<boolean> {
  const over = new AbortController();
  const cancel = session.clock.after(longestMs, () => over.abort());
  try {
    const streams = await api.streamsOf(subject, over.signal);
    if (streams.length > 0) return true;
  } catch (error) {
    if (isMessagingError(error, "refused")) throw error;
    return !isMessagingError(error, "unsupported");
  } finally {
    cancel();
  }
  const it = deed.includes(`"${subject}"`) ? "it" : `"${subject}"`;
  throw new MessagingError(
    "refused",
    `Cannot ${deed}: no stream takes ${it}`,
  );
}
