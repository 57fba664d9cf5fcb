import type { RustStream } from "../app/ruststream.ts";
import type { Awaitable } from "../contract/awaitable.ts";

/** An option of a command: `--json`, or `--out FILE`. */
export interface CommandOption {
  /** One line for the help. */
  readonly summary: string;
  /** What its value is called in the help. Without one it is a flag that takes no value. */
  readonly value?: string;
  /** One letter that stands for it after a single dash: `-o FILE`. By default there is none. */
  readonly short?: string;
  /**
   * Whether it may be given more than once.
   *
   * @default {false}
   */
  readonly repeats?: boolean;
}

/** What a command is run with. */
export interface CommandContext {
  /** The application. */
  readonly app: RustStream<unknown>;
  /** The words after the command's name. */
  readonly words: readonly string[];
  /** Aborted at the first SIGINT or SIGTERM; a second one ends the process. */
  readonly signal: AbortSignal;
  /** Whether a flag was given. */
  has(option: string): boolean;
  /** The value of an option; undefined where it was not given. */
  value(option: string): string | undefined;
  /** Each value of an option that repeats. */
  values(option: string): readonly string[];
  /**
   * Reads a file to its end, standard input for `-`.
   *
   * @throws {TypeError} If it cannot be read, or is not UTF-8.
   */
  read(path: string): Promise<string>;
  /**
   * Writes a file, in the place of one that is there.
   *
   * @throws {TypeError} If it cannot be written.
   */
  save(path: string, text: string): Promise<void>;
  /** Writes what the command was asked for to standard output, as it is. */
  write(text: string): void;
  /** Says one line about what happens on standard error. */
  say(line: string): void;
  /** Ends the command: the line is said, and the process exits with 2. For what was called wrongly. */
  refuse(line: string): never;
}

/**
 * A word of the command line, and what it does. Modules add theirs by `main(app, { commands: [asyncApi()] })`.
 *
 * What it throws is said in one line, and the process exits with 1.
 */
export interface Command {
  /** The word that calls it. */
  readonly name: string;
  /** One line for the help. */
  readonly summary: string;
  /** The words that may follow its name, as the help shows them: `gen|check`. Without it none may. */
  readonly usage?: string;
  /** Its options by their long names, beside `help`, `version` and `trace`, which every command has; a `version` of its own takes the place of that one. By default it has none. */
  readonly options?: Readonly<Record<string, CommandOption>>;
  /** Runs it, and returns the exit code: nothing is 0. */
  run(context: CommandContext): Awaitable<number | void>;
}

/** A call that is wrong: told in one line, exit 2. */
export class UsageError extends TypeError {
  override readonly name = "UsageError";
}
