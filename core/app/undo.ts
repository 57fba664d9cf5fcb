import type { Awaitable } from "../contract/awaitable.ts";

/** What was done so far, undone in reverse. */
export class UndoStack {
  readonly #undo: (() => Awaitable<void>)[] = [];

  /** Adds what undoes the latest. */
  defer(run: () => Awaitable<void>): void {
    this.#undo.push(run);
  }

  /** Undoes all, the latest first, whatever fails; the errors. */
  async run(): Promise<readonly unknown[]> {
    const errors: unknown[] = [];
    for (const run of this.#undo.splice(0).reverse()) {
      try {
        await run();
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  }
}
