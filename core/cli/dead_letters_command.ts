import type { KeptMessages } from "../contract/keeps.ts";
import { brokerOption } from "./broker_choice.ts";
import { type Command, type CommandContext, UsageError } from "./command.ts";
import { type Connected, keeperOf, onBroker } from "./connecting.ts";
import { type DeadLetter, readDeadLetter } from "./dead_letter.ts";
import {
  filterOptions,
  type LetterFilter,
  readFilter,
} from "./letter_filter.ts";
import { type LetterPlace, readPlaces } from "./letter_places.ts";
import { Listing, Showing } from "./letter_views.ts";
import type { LetterWork } from "./letter_work.ts";
import { hint } from "../nearest.ts";
import { Purging } from "./purge.ts";
import { Redriving } from "./redrive.ts";
import { whileRead } from "./while_read.ts";
import type { World } from "./world.ts";

type Make = new (context: CommandContext, world: World) => LetterWork;

const works: ReadonlyMap<string, Make> = new Map<string, Make>([
  ["list", Listing],
  ["show", Showing],
  ["redrive", Redriving],
  ["purge", Purging],
]);
const names = [...works.keys()];

/** Options that only some words take. */
const takenBy: Readonly<Record<string, readonly string[]>> = {
  "dry-run": ["redrive", "purge"],
  to: ["redrive"],
  unconfirmed: ["redrive"],
};

/** Makes `dead-letters`: what could not be handled is shown, sent again, or removed. */
export function deadLettersCommand(world: World): Command {
  return {
    name: "dead-letters",
    summary: "List, show, redrive or purge what could not be handled",
    usage: `${names.join("|")} [ADDRESS|ID]`,
    options: {
      ...filterOptions,
      "dry-run": { summary: "Count those that match, and do nothing" },
      to: {
        value: "ADDRESS",
        summary: "Redrive to this address; by default where each came from",
      },
      unconfirmed: {
        summary: "Redrive also to an address whose messages nobody keeps",
      },
      ...brokerOption,
      json: { summary: "Write JSON; the default where it is no terminal" },
    },
    async run(context) {
      const { verb, Work } = readVerb(context);
      const places = readPlaces(verb, context);
      const filter = readFilter(context, world.clock.now());
      checkChoice(verb, places, filter);
      const work = new Work(context, world);
      const reading = whileRead(context.signal, world);
      const wanted = { ...context, signal: reading.signal };
      try {
        for (const [broker, there] of Map.groupBy(places, brokerOf)) {
          if (work.matched >= filter.limit) break;
          await onBroker(wanted, world, broker, async (connected) => {
            for (const place of there) {
              await workAt(wanted.signal, place, filter, { work, connected });
            }
          });
        }
      } catch (error) {
        if (!reading.isReason(error)) {
          // What was done before is told all the same.
          if (work.matched > 0) work.end();
          throw error;
        }
        work.stop();
      } finally {
        reading.release();
      }
      return work.end();
    },
  };
}

function brokerOf({ broker }: LetterPlace): string {
  return broker;
}

/** The word that says what is done. */
function readVerb(
  { words: [verb = "", word], has, value }: CommandContext,
): { readonly verb: string; readonly Work: Make } {
  const Work = works.get(verb);
  if (Work === undefined) {
    throw new UsageError(
      verb === ""
        ? `Cannot run "dead-letters": expected ${names.join(", ")}`
        : `Cannot run "dead-letters ${verb}": no such word${
          hint(verb, names) || `; there are ${names.join(", ")}`
        }`,
    );
  }
  for (const [option, verbs] of Object.entries(takenBy)) {
    const given = has(option) || value(option) !== undefined;
    if (!given || verbs.includes(verb)) continue;
    throw new UsageError(
      `Cannot take "--${option}": "dead-letters ${verb}" has no such option`,
    );
  }
  if (verb === "purge" && word === undefined) {
    throw new UsageError(
      "Cannot purge dead letters: expected ADDRESS or ID, so that none is removed by mistake",
    );
  }
  if (verb === "show" && word === undefined) {
    throw new UsageError("Cannot show dead letters: expected ADDRESS or ID");
  }
  return { verb, Work };
}

/** Refuses what chooses among many where one letter is named. */
function checkChoice(
  verb: string,
  places: readonly LetterPlace[],
  filter: LetterFilter,
): void {
  const one = places.find(({ id }) => id !== undefined);
  if (one === undefined || filter.all) return;
  const { pattern: { template }, id } = one;
  throw new UsageError(
    `Cannot ${verb} "${template}#${id}": that is one letter, and ${
      Object.keys(filterOptions).map((option) => `--${option}`).join(", ")
    } choose among many`,
  );
}

/** Does the work on all that match at one place, until there are enough, a signal, or as long as somebody reads of it. */
async function workAt(
  signal: AbortSignal,
  place: LetterPlace,
  filter: LetterFilter,
  { work, connected }: {
    readonly work: LetterWork;
    readonly connected: Connected;
  },
): Promise<void> {
  if (work.matched >= filter.limit) return;
  const { pattern: { template }, pattern, id } = place;
  const keeper = keeperOf(connected, `look at dead letters of "${template}"`);
  const kept = await keeper.kept(pattern, { signal });
  for await (const letter of lettersOf(kept, signal)) {
    if (signal.aborted) return work.stop();
    if (work.matched >= filter.limit) return;
    const meant = id === undefined
      ? filter.matches(letter)
      : letter.kept.id === id;
    if (!meant) continue;
    work.matched++;
    await work.each(letter, { kept, keeper, connected });
    if (id !== undefined) return;
  }
  if (id !== undefined) {
    throw new TypeError(
      `Cannot find dead letter "${template}#${id}": it is not kept, or no longer`,
    );
  }
}

async function* lettersOf(
  kept: KeptMessages,
  signal: AbortSignal,
): AsyncGenerator<DeadLetter> {
  const reader = kept.read({ signal }).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const letter = readDeadLetter(value);
      if (letter !== undefined) yield letter;
    }
  } finally {
    await reader.cancel();
  }
}
