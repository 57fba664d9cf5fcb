import type { CommandContext, CommandOption } from "./command.ts";
import type { DeadLetter } from "./dead_letter.ts";
import { readField } from "./outgoing_message.ts";
import { readAge, readCount } from "./times.ts";

/** The options that choose dead letters. */
export const filterOptions: Readonly<Record<string, CommandOption>> = Object
  .freeze({
    where: {
      value: "HEADER=VALUE",
      repeats: true,
      summary: "Only those that have this header field",
    },
    reason: {
      value: "REASON",
      summary: "Only those that were given up for this reason",
    },
    "older-than": {
      value: "TIME",
      summary: "Only those that were given up so long ago: 90s, 15m, 2h, 7d",
    },
    limit: { value: "N", summary: "The oldest so many of those" },
  });

/** Which dead letters are meant. */
export interface LetterFilter {
  /** Whether all of them are. */
  readonly all: boolean;
  /** How many of those that match. */
  readonly limit: number;
  /** Whether one is. */
  matches(letter: DeadLetter): boolean;
}

/**
 * Reads the options that choose.
 *
 * @param now What ages are counted from.
 * @throws {UsageError} If one is malformed.
 */
export function readFilter(
  { value, values }: CommandContext,
  now: number,
): LetterFilter {
  const fields = values("where").map((one) => readField("where", one));
  const reason = value("reason");
  const age = value("older-than");
  const before = age === undefined
    ? undefined
    : now - readAge("older-than", age);
  const limit = value("limit");
  return {
    all: fields.length === 0 && reason === undefined && age === undefined &&
      limit === undefined,
    limit: limit === undefined ? Infinity : readCount("limit", limit),
    matches: ({ kept: { message: { headers } }, reason: found, at }) =>
      (reason === undefined || found === reason) &&
      // What has no time is not known to be old.
      (before === undefined || at !== undefined && at.getTime() <= before) &&
      fields.every(([name, wanted]) =>
        headers?.getAll(name).includes(wanted) === true
      ),
  };
}
