import type { Feed } from "./feed.ts";
import type { OriginRun, Outflow } from "./origin.ts";

/** A pipeline on an application, which reads, drains and aborts it as it does a subscriber. */
export class MountRun implements OriginRun {
  readonly ended: Promise<void>;
  readonly #feed: Feed;

  constructor(feed: Feed, into: Outflow) {
    this.#feed = feed;
    feed.connect(into.open(feed.env));
    feed.check = (guarantees) => into.check(guarantees);
    this.ended = this.#run();
  }

  // deno-lint-ignore require-await -- there is nothing to wait for: the application does
  async finish(isLeft: boolean): Promise<void> {
    if (isLeft) this.#feed.releaseRest();
  }

  drain(): Promise<void> {
    const { name } = this.#feed.env;
    return Promise.reject(
      new TypeError(
        `Cannot drain "${name}" by itself: the application that it is mounted on does, when it stops`,
      ),
    );
  }

  // deno-lint-ignore require-await -- the application is told, and nobody waits for it here
  async cancel(reason: unknown): Promise<void> {
    this.#fail("was cancelled", reason);
  }

  // deno-lint-ignore require-await -- as above
  async abort(reason: unknown): Promise<void> {
    this.#fail("was aborted", reason);
  }

  async #run(): Promise<void> {
    await this.#feed.intakeOver;
    await this.#feed.left();
  }

  #fail(how: string, cause: unknown): void {
    const { name } = this.#feed.env;
    this.#feed.drop(cause);
    this.#feed.fail(
      new Error(`Cannot go on: pipeline "${name}" ${how}`, { cause }),
    );
  }
}
