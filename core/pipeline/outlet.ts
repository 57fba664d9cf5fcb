import type { Claim } from "./claim.ts";
import type { Link, Place } from "./link.ts";
import { received } from "./received.ts";

/** The last link where a pipeline becomes a real stream: gives one payload a read, and holds one at most. */
export class Outlet implements Link {
  readonly #controller: ReadableStreamDefaultController<unknown>;
  #isWanted = false;
  #isOver = false;
  #held:
    | {
      readonly payload: unknown;
      readonly claim: Claim;
      readonly at: Place;
      readonly free: () => void;
    }
    | undefined = undefined;

  constructor(controller: ReadableStreamDefaultController<unknown>) {
    this.#controller = controller;
  }

  /** A read waits. */
  pull(): void {
    const held = this.#held;
    if (held === undefined) {
      this.#isWanted = true;
      return;
    }
    this.#held = undefined;
    this.#give(held.payload, held.claim, held.at);
    held.free();
  }

  push(
    payload: unknown,
    claim: Claim,
    at: Place,
  ): Promise<void> | undefined {
    if (claim.isDead || this.#isOver) {
      claim.skip();
      return undefined;
    }
    if (this.#isWanted) {
      this.#isWanted = false;
      this.#give(payload, claim, at);
      return undefined;
    }
    return new Promise((free) => {
      this.#held = { payload, claim, at, free };
    });
  }

  idle(): void {
    // Nobody waits behind it.
  }

  /** Closes the stream. What is held has been read: whoever pushed it has waited for that. */
  end(): Promise<void> {
    this.#over(() => this.#controller.close());
    return Promise.resolve();
  }

  drop(reason: unknown): void {
    const held = this.#held;
    this.#held = undefined;
    held?.claim.skip();
    held?.free();
    this.#over(() => this.#controller.error(reason));
  }

  /** The reader has gone: it is told of nothing more. */
  leave(): void {
    this.#isOver = true;
  }

  #over(how: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    how();
  }

  #give(payload: unknown, claim: Claim, at: Place): void {
    this.#controller.enqueue(received({ payload, claim, at }));
  }
}
