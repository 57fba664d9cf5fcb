import { Line } from "./line.ts";

/** The server's end of one connection. */
export class Peer {
  /** Whether what it publishes does not come to itself. */
  readonly noEcho: boolean;
  /** To the server. */
  readonly up: Line = new Line();
  /** From the server. */
  readonly down: Line = new Line();
  readonly #onLost: () => void;
  readonly #gone = new Set<() => void>();
  #isGone = false;

  constructor(noEcho: boolean, onLost: () => void) {
    this.noEcho = noEcho;
    this.#onLost = onLost;
  }

  /** Told when it is gone; what it returns ends the telling. */
  onGone(run: () => void): () => void {
    this.#gone.add(run);
    return () => this.#gone.delete(run);
  }

  /** The connection is over, from whichever end. */
  cut(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.up.cut();
    this.down.cut();
    for (const run of this.#gone) run();
    this.#onLost();
  }
}
