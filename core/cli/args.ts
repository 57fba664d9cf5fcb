import { parseArgs } from "node:util";
import { type Command, type CommandOption, UsageError } from "./command.ts";
import { hint } from "../nearest.ts";

/** What every command has. */
export const commonOptions: Readonly<Record<string, CommandOption>> = Object
  .freeze({
    help: { summary: "Show this help", short: "h" },
    version: { summary: "Show the title and the version" },
    trace: { summary: "Show where an error comes from" },
  });

/** A command and what it was called with. */
export interface Call {
  readonly command: Command;
  /** Whether the command was named. */
  readonly named: boolean;
  readonly words: readonly string[];
  /** The values of each option that was given; a flag has none. */
  readonly options: ReadonlyMap<string, readonly string[]>;
}

/** One token as the parser gives it. */
interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

/**
 * Finds the command, the first one where none is named, and reads what follows.
 *
 * @throws {UsageError} If a word or an option is unknown, an option lacks its value, or is there twice.
 */
export function readCall(
  commands: readonly Command[],
  args: readonly string[],
): Call {
  const [first] = args;
  const named = first !== undefined && !first.startsWith("-");
  const command = named ? commands.find((c) => c.name === first) : commands[0];
  if (command === undefined) {
    const names = commands.map(({ name }) => name);
    throw new UsageError(
      `Cannot run "${first}": no such command${
        first === "help" || first === "version"
          ? `; the nearest is "--${first}"`
          : hint(first ?? "", names) || `; there are ${names.join(", ")}`
      }`,
    );
  }
  return {
    command,
    named,
    ...readOptions(commands, command, named ? args.slice(1) : args),
  };
}

function readOptions(
  commands: readonly Command[],
  command: Command,
  args: readonly string[],
): Pick<Call, "words" | "options"> {
  const known = { ...commonOptions, ...command.options };
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(known).map(([name, { value, short }]) => [name, {
        type: value === undefined ? "boolean" as const : "string" as const,
        multiple: true,
        ...(short === undefined ? {} : { short }),
      }]),
    ),
  });
  const words: string[] = [];
  const options = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind === "option") readOption(command, known, token, options);
  }
  if (!options.has("help") && command.usage === undefined) {
    refuseWords(commands, command, words);
  }
  return { words, options };
}

function readOption(
  { name: command, usage }: Command,
  known: Readonly<Record<string, CommandOption>>,
  { name, rawName, value, inlineValue }: OptionToken,
  options: Map<string, string[]>,
): void {
  const option = Object.hasOwn(known, name) ? known[name] : undefined;
  if (option === undefined) {
    throw new UsageError(
      `Cannot take "${rawName}": "${command}" has no such option${
        usage !== undefined && /^-\d$/.test(rawName)
          ? '; write "--" before a word that begins so'
          : hint(rawName, Object.keys(known).map((n) => `--${n}`))
      }`,
    );
  }
  const given = options.get(name) ?? [];
  if (option.value === undefined) {
    if (value !== undefined) {
      throw new UsageError(
        `Cannot take "${rawName}=${value}": ${rawName} takes no value`,
      );
    }
  } else {
    const missing = value === undefined ||
      !inlineValue && value.length > 1 && value.startsWith("-");
    if (missing) {
      throw new UsageError(
        `Cannot take "${rawName}": it needs a value, ${rawName} ${option.value}`,
      );
    }
    if (given.length > 0 && !option.repeats) {
      throw new UsageError(`Cannot take "${rawName}": it is there twice`);
    }
    given.push(value);
  }
  options.set(name, given);
}

function refuseWords(
  commands: readonly Command[],
  command: Command,
  [word]: readonly string[],
): void {
  if (word === undefined) return;
  const isCommand = commands.some(({ name }) => name === word);
  throw new UsageError(
    `Cannot take "${word}": ${
      isCommand
        ? "a command comes first, before all options"
        : `"${command.name}" takes no words`
    }`,
  );
}
