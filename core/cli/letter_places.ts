import { declarations } from "../app/declarations.ts";
import {
  type AddressPattern,
  matchAddress,
  parseAddress,
} from "../contract/address.ts";
import { checkWritten, chooseBroker } from "./broker_choice.ts";
import { type CommandContext, UsageError } from "./command.ts";

/** Where dead letters are looked for. */
export interface LetterPlace {
  readonly broker: string;
  readonly pattern: AddressPattern;
  /** The only one that is meant, where one is. */
  readonly id: string | undefined;
}

/**
 * Reads where to look: everywhere that a subscriber declares, at an address, or for one letter by its id.
 *
 * @throws {UsageError} If a word is wrong, or nothing is declared.
 */
export function readPlaces(
  verb: string,
  context: CommandContext,
): readonly LetterPlace[] {
  const { words: [, word, ...more], value } = context;
  if (more.length > 0) {
    throw new UsageError(
      `Cannot ${verb} dead letters: expected [ADDRESS|ID], found ${
        more.length + 1
      } words`,
    );
  }
  const all = declarations(context.app);
  const declared = distinct(
    all.subscribers.flatMap(({ deadLetter }) =>
      deadLetter === undefined
        ? []
        : [{ broker: deadLetter.broker, address: deadLetter.channel.address }]
    ),
  );
  if (word === undefined) {
    const named = value("broker");
    if (named !== undefined) chooseBroker(context, all, "", []);
    const places = declared.filter(({ broker }) =>
      named === undefined || broker === named
    );
    if (places.length > 0) {
      return places.map(({ broker, address }) => ({
        broker,
        pattern: parseAddress(address),
        id: undefined,
      }));
    }
    throw new UsageError(
      `Cannot ${verb} dead letters: no subscriber declares any${
        named === undefined ? "" : ` on "${named}"`
      }, expected ADDRESS`,
    );
  }
  const { address, id } = partsOf(word);
  checkWritten(`${verb} dead letters of`, address, { full: false });
  const pattern = parseAddress(address);
  const found = declared.filter((one) =>
    one.address === address ||
    matchAddress(parseAddress(one.address), address) !== undefined
  );
  const brokers = found.map(({ broker }) => broker);
  const broker = chooseBroker(context, all, address, brokers);
  return [{
    broker,
    pattern,
    id,
  }];
}

/** `ADDRESS`, or `ADDRESS#ID` as `list` shows it. */
function partsOf(
  word: string,
): { readonly address: string; readonly id: string | undefined } {
  const at = word.lastIndexOf("#");
  return at <= 0
    ? { address: word, id: undefined }
    : { address: word.slice(0, at), id: word.slice(at + 1) };
}

interface Declared {
  readonly broker: string;
  readonly address: string;
}

function distinct(all: readonly Declared[]): readonly Declared[] {
  const seen = new Map<string, Declared>();
  for (const one of all) {
    seen.set(JSON.stringify([one.broker, one.address]), one);
  }
  return [...seen.values()];
}
