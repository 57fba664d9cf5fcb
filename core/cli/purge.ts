import type { DeadLetter } from "./dead_letter.ts";
import { errorLine } from "./failure.ts";
import { type LetterSite, LetterWork } from "./letter_work.ts";

/** Removes dead letters. */
export class Purging extends LetterWork {
  #purged = 0;
  #failed = 0;

  override async each(letter: DeadLetter, { kept }: LetterSite): Promise<void> {
    if (this.context.has("dry-run")) return;
    try {
      if (await kept.remove(letter.kept)) this.#purged++;
    } catch (error) {
      this.#failed++;
      this.name(`Cannot purge "${letter.name}": ${errorLine(error)}`);
    }
  }

  override end(): number {
    const { matched } = this;
    this.count(
      this.context.has("dry-run")
        ? { matched }
        : { matched, purged: this.#purged, failed: this.#failed },
    );
    return this.failed ? 1 : 0;
  }
}
