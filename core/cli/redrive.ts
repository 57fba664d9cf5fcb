import { checkWritten } from "./broker_choice.ts";
import type { CommandContext } from "./command.ts";
import { type DeadLetter, originalOf, redriveId } from "./dead_letter.ts";
import { errorLine } from "./failure.ts";
import { type LetterSite, LetterWork } from "./letter_work.ts";
import type { World } from "./world.ts";

/**
 * Sends dead letters to where they came from, and removes each once that is confirmed.
 *
 * One after another, so that their order stays. A crash between the two leaves a letter that is sent again: its id is the same then, so that a broker that drops what it knows takes it once.
 */
export class Redriving extends LetterWork {
  readonly #to: string | undefined;
  #redriven = 0;
  #gone = 0;
  #failed = 0;

  constructor(context: CommandContext, world: World) {
    super(context, world);
    this.#to = context.value("to");
    if (this.#to !== undefined) {
      checkWritten("redrive to", this.#to, { full: true });
    }
  }

  override async each(letter: DeadLetter, site: LetterSite): Promise<void> {
    try {
      const address = this.#to ?? letter.address;
      if (address === undefined) {
        throw new TypeError(
          `Cannot send "${letter.name}": nothing says where it came from, expected --to ADDRESS`,
        );
      }
      if (this.context.has("dry-run")) return;
      // No signal ends these: what is begun with a letter is done.
      await this.#send(letter, address, site);
      if (await site.kept.remove(letter.kept)) this.#redriven++;
      else this.#gone++;
    } catch (error) {
      this.#failed++;
      this.name(`Cannot redrive "${letter.name}": ${errorLine(error)}`);
    }
  }

  override end(): number {
    if (this.context.has("dry-run")) {
      this.count({ matched: this.matched });
    } else {
      this.count({
        matched: this.matched,
        redriven: this.#redriven,
        // Somebody else has removed it meanwhile, and has sent it too.
        gone: this.#gone,
        failed: this.#failed,
      });
    }
    return this.failed ? 1 : 0;
  }

  async #send(
    letter: DeadLetter,
    address: string,
    { keeper, connected: { connection } }: LetterSite,
  ): Promise<void> {
    const message = originalOf(letter, address);
    if (this.context.has("unconfirmed")) {
      await connection.publisher.publish(message);
    } else {
      await keeper.keep(message, { dedupeId: redriveId(letter, address) });
    }
  }
}
