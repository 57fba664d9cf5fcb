import type { Opened } from "./open.ts";
import { ending, type EndingGround } from "./undo.ts";

/** The subscriptions that one dispatcher reads or has read: more than one after a loss. */
export class OpenSubscriptions {
  readonly name: string;
  readonly #ground: EndingGround;
  readonly #open = new Set<Opened>();

  constructor(name: string, ground: EndingGround) {
    this.name = name;
    this.#ground = ground;
  }

  add(subscription: Opened): void {
    this.#open.add(subscription);
  }

  /** Disposes of all, or of those that were lost. */
  async dispose(besides?: Opened): Promise<void> {
    const ended = [...this.#open].filter((one) => one !== besides);
    for (const one of ended) this.#open.delete(one);
    await Promise.all(ended.map((one) =>
      ending(
        this.#ground,
        `the subscription of "${this.name}"`,
        () => one[Symbol.asyncDispose](),
      )
    ));
  }
}
