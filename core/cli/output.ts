import type { World } from "./world.ts";

/** Starts the line anew. */
const again = "\r\x1b[2K";

/** What is said and written, with one line on a terminal that is written again and again. */
export class Output {
  readonly #world: World;
  #standing = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** Writes to standard output. */
  write(text: string): void {
    this.clear();
    this.#world.out(text);
  }

  /** Says one line on standard error. */
  say(line: string): void {
    this.clear();
    this.#world.err(`${line}\n`);
  }

  /** Shows a line in the place of the one shown before; nothing where there is no terminal. */
  show(line: string): void {
    const { columns } = this.#world;
    if (columns === undefined) return;
    this.#standing = true;
    // Without the last column, so that no terminal breaks the line.
    this.#world.err(`${again}${line.slice(0, columns - 1)}`);
  }

  /** Takes the shown line away, so that something else can be said. */
  clear(): void {
    if (!this.#standing) return;
    this.#standing = false;
    this.#world.err(again);
  }
}
