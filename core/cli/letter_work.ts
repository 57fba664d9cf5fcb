import type { Keeps, KeptMessages } from "../contract/keeps.ts";
import { asJson } from "./body_view.ts";
import type { CommandContext } from "./command.ts";
import type { Connected } from "./connecting.ts";
import type { DeadLetter } from "./dead_letter.ts";
import { columns } from "./help.ts";
import type { World } from "./world.ts";

/** Letters that are named where something went wrong; more are only counted. */
const mostNamed = 10;

/** Where a letter is, and what can be done with it. */
export interface LetterSite {
  readonly kept: KeptMessages;
  readonly keeper: Keeps;
  readonly connected: Connected;
}

/** What is done with dead letters, one after another, and what comes of it. */
export abstract class LetterWork {
  /** How many were meant: counted by whoever finds them. */
  matched = 0;
  protected readonly context: CommandContext;
  /** Whether it is for a program, and not for somebody who reads. */
  protected readonly json: boolean;
  readonly #world: World;
  #named = 0;
  #stopped = false;

  constructor(context: CommandContext, world: World) {
    this.context = context;
    this.#world = world;
    this.json = context.has("json") || !world.terminal;
  }

  /** Does it with one. */
  abstract each(letter: DeadLetter, site: LetterSite): Promise<void>;

  /** Says what came of it, and gives the exit code. */
  abstract end(): number;

  /** A signal ended it before its end; or the reader has gone, which nobody needs to be told. */
  stop(): void {
    if (this.#stopped || !this.context.signal.aborted) return;
    this.#stopped = true;
    this.context.say("Stopped by a signal: the rest is as it was");
  }

  /** Names a letter that could not be done. */
  protected name(line: string): void {
    this.#named++;
    if (this.#named > mostNamed + 1) return;
    this.context.say(
      this.#named <= mostNamed
        ? line
        : `${mostNamed} letters are named, the rest is only counted`,
    );
  }

  /** Whether something of it was not done. */
  protected get failed(): boolean {
    return this.#named > 0 || this.#stopped;
  }

  /** Writes what one letter is, no faster than somebody reads. */
  protected async show(text: string): Promise<void> {
    this.context.write(text);
    await this.#world.flushed();
  }

  /** Writes counts, as somebody reads them or as JSON. */
  protected count(counts: Readonly<Record<string, number>>): void {
    const { write } = this.context;
    if (this.json) return write(`${asJson(counts)}\n`);
    const rows = Object.entries(counts).map(([what, count]) =>
      [what, String(count)] as const
    );
    write(columns(rows, ""));
  }
}
