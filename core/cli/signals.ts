import type { Output } from "./output.ts";
import type { SignalName, World } from "./world.ts";

const exitCodes: Readonly<Record<SignalName, number>> = {
  SIGINT: 130,
  SIGTERM: 143,
};

/** The first SIGINT or SIGTERM aborts a signal, a second one ends the process at once. */
export class Signals {
  readonly #aborting = new AbortController();
  readonly #release: () => void;
  #first: SignalName | undefined;

  constructor(world: World, output: Output) {
    this.#release = world.onSignal((name) => {
      if (this.#first === undefined) {
        this.#first = name;
        this.#aborting.abort(
          new DOMException(`The process got ${name}`, "AbortError"),
        );
        return;
      }
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
