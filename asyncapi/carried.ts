import type { Declarations, DeclaredMessages } from "@ruststream/core";
import { hoist, type SchemaDraft } from "./hoist.ts";
import type { JsonObject } from "./json.ts";

/** The header that `correlate()` of `@ruststream/core/middleware` uses if nobody says otherwise. */
export const usualCorrelation = "correlation-id";

const text = (description: string): JsonObject => ({
  type: "string",
  description,
});

/** What the runtime adds to a message that could not be handled. */
const ofDeadLetters: Readonly<Record<string, JsonObject>> = {
  "ruststream-dead-letter-address": text("Where it was sent."),
  "ruststream-dead-letter-reason": text("Why it was given up."),
  "ruststream-dead-letter-attempts": {
    ...text("How many times it was tried."),
    pattern: "^\\d+$",
  },
  "ruststream-dead-letter-subscriber": text("Who gave it up."),
  "ruststream-dead-letter-at": {
    ...text("When it was given up."),
    format: "date-time",
  },
  "ruststream-dead-letter-error": text("What failed, if anything did."),
  "ruststream-dead-letter-id": text(
    "The id by which its broker told it apart, if it did.",
  ),
};

/** These are there on each. */
const always: readonly string[] = Object.keys(ofDeadLetters).slice(0, 5);

function draftOf(schema: JsonObject, wanted: string): SchemaDraft {
  return hoist({ type: "object", ...schema }, wanted, () => {}).root;
}

/** The schema of a header that ties messages together. */
export function correlationDraft(header: string): SchemaDraft {
  const properties = {
    [header]: text("The same on all messages that come of one."),
  };
  return draftOf({ properties }, "correlation-headers");
}

/** What the messages at an address have in their headers because they could not be handled. */
export class Carried {
  readonly #dead = new Map<string, SchemaDraft>();

  constructor({ subscribers }: Declarations) {
    const others = new Set(
      subscribers.flatMap(({ reply, slots }) => [
        ...slots.map(keyOf),
        ...reply === undefined ? [] : [keyOf(reply)],
      ]),
    );
    const alone = draftOf(
      { properties: ofDeadLetters, required: always },
      "dead-letter-headers",
    );
    // Where others publish too, a message need not be a dead letter.
    const mixed = draftOf({ properties: ofDeadLetters }, "dead-letter-headers");
    for (const { deadLetter } of subscribers) {
      if (deadLetter === undefined) continue;
      const key = keyOf(deadLetter);
      this.#dead.set(key, others.has(key) ? mixed : alone);
    }
  }

  /** The schema of such headers at an address of a broker; undefined where there are none. */
  at(broker: string, address: string): SchemaDraft | undefined {
    return this.#dead.get(`${broker}\n${address}`);
  }
}

function keyOf({ broker, channel }: DeclaredMessages): string {
  return `${broker}\n${channel.address}`;
}
