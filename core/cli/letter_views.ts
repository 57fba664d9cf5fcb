import { asJson, bodyText, viewBody } from "./body_view.ts";
import { counted } from "./counted.ts";
import type { DeadLetter } from "./dead_letter.ts";
import { ownFields } from "./dead_letter.ts";
import { columns } from "./help.ts";
import { LetterWork } from "./letter_work.ts";

/** What is told of a letter, its own fields and body apart. */
function told(
  letter: DeadLetter,
): Readonly<Record<string, string | number | undefined>> {
  const { name, address, reason, attempts, subscriber, error, at } = letter;
  return {
    id: name,
    at: at?.toISOString(),
    address,
    reason,
    attempts,
    subscriber,
    error,
  };
}

/** Shows dead letters on a line each, without their bodies. */
export class Listing extends LetterWork {
  override async each(letter: DeadLetter): Promise<void> {
    if (this.json) return await this.show(`${asJson(told(letter))}\n`);
    const { name, at, address, reason, attempts, error } = letter;
    const parts = [
      name,
      at?.toISOString() ?? "no time",
      `from ${address ?? "nowhere"}`,
      attempts === undefined ? reason : `${reason} after ${attempts}`,
      ...error === undefined ? [] : [error],
    ];
    await this.show(`${parts.join("  ")}\n`);
  }

  override end(): number {
    this.context.say(counted(this.matched, "dead letter"));
    return this.failed ? 1 : 0;
  }
}

/** Shows dead letters with their headers and bodies. */
export class Showing extends LetterWork {
  override async each(letter: DeadLetter): Promise<void> {
    const { message } = letter.kept;
    const { key } = message;
    const headers = ownFields(message);
    const view = await viewBody(message);
    if (this.json) {
      const all = { ...told(letter), key, headers, ...view };
      return await this.show(`${asJson(all)}\n`);
    }
    const rows = Object.entries({ ...told(letter), key })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, String(value)] as const);
    const fields = headers.map(([name, value]) =>
      ["header", `${name}: ${value}`] as const
    );
    await this.show(
      `${columns([...rows, ...fields], "")}\n${bodyText(view, 2)}\n\n`,
    );
  }

  override end(): number {
    return this.failed ? 1 : 0;
  }
}
