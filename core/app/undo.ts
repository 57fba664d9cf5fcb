import { attempt } from "../attempt.ts";
import type { Awaitable } from "../contract/awaitable.ts";
import type { Clock } from "../contract/clock.ts";
import type { Notice } from "../observe.ts";

/** How long one thing that ends may take: a broker's shutdown, a hook, a teardown. */
export const endingMs = 5_000;

/** With what things are ended. */
export interface EndingGround {
  readonly clock: Clock;
  notice(notice: Notice): void;
}

/**
 * Ends one thing. Waits for it so long and no longer, never rejects, and tells what went wrong.
 *
 * @param work Its signal aborts when nobody waits for it any more.
 */
export async function ending(
  { clock, notice }: EndingGround,
  what: string,
  work: (signal: AbortSignal) => Awaitable<unknown>,
): Promise<void> {
  const tell = (message: string, also: object = {}): void =>
    notice({ level: "error", code: "shutdown-failed", message, ...also });
  const late = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(endingMs, () => {
    const message =
      `Cannot wait for ${what} any longer: not done after ${endingMs} ms`;
    late.abort(new DOMException(message, "TimeoutError"));
    tell(message);
    resolve();
  });
  const done = attempt(() => work(late.signal)).catch((error) =>
    tell(`Cannot end ${what} in order: it failed`, { error })
  );
  await Promise.race([done, promise]);
  cancel();
}

/** What was done so far, undone in reverse. */
export class UndoStack {
  readonly #ground: EndingGround;
  readonly #undo: (() => Promise<void>)[] = [];
  #isOver = false;

  constructor(ground: EndingGround) {
    this.#ground = ground;
  }

  /** Adds what undoes the latest. What comes when all is undone is undone at once: it was late. */
  defer(run: () => Awaitable<unknown>, what = "the state"): void {
    if (typeof run !== "function") {
      throw new TypeError(
        `Cannot defer ${typeof run}: expected a function that undoes something`,
      );
    }
    this.add(() => ending(this.#ground, what, run));
  }

  /** The same for what takes care of its own time and failures. */
  add(run: () => Promise<void>): void {
    if (this.#isOver) void run();
    else this.#undo.push(run);
  }

  /** Undoes all, the latest first, whatever fails or hangs. */
  async run(): Promise<void> {
    this.#isOver = true;
    for (const run of this.#undo.splice(0).reverse()) await run();
  }
}
