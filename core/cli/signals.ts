import type { Output } from "./output.ts";
import type { SignalName, World } from "./world.ts";

const exitCodes: Readonly<Record<SignalName, number>> = {
  SIGINT: 130,
  SIGTERM: 143,
};

/** How long after the first signal the other may follow as part of the same wish: `deno run --watch` passes Ctrl-C on as both. */
const otherMs = 500;
/** The same for one that repeats: where all processes of a group get it, `deno task` and `bun run` pass it on as well. */
const echoMs = 200;

/** The first SIGINT or SIGTERM aborts a signal, a second one ends the process at once. */
export class Signals {
  readonly #aborting = new AbortController();
  readonly #release: () => void;
  #first: SignalName | undefined;

  constructor(world: World, output: Output) {
    let firstAt = 0;
    this.#release = world.onSignal((name) => {
      if (this.#first === undefined) {
        this.#first = name;
        firstAt = world.clock.mono();
        this.#aborting.abort(
          new DOMException(`The process got ${name}`, "AbortError"),
        );
        return;
      }
      const sameWishMs = name === this.#first ? echoMs : otherMs;
      if (world.clock.mono() - firstAt < sameWishMs) return;
      output.say(
        `Stopped at once by a second signal (${name}): what was in hand is not settled`,
      );
      world.exit(exitCodes[name]);
    });
  }

  /** Aborted by the first one. */
  get signal(): AbortSignal {
    return this.#aborting.signal;
  }

  /** The first one, once it came. */
  get first(): SignalName | undefined {
    return this.#first;
  }

  /** Listens no more. */
  release(): void {
    this.#release();
  }
}
