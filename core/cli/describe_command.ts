import type { Command } from "./command.ts";
import { descriptionText } from "./description_text.ts";

/** Makes `describe`: what is mounted where, and what is in force. Nothing connects. */
export function describeCommand(): Command {
  return {
    name: "describe",
    summary: "Show the subscribers, and who does what was asked for",
    options: {
      all: { summary: "Show each setting, those with their defaults too" },
      json: { summary: "Write all of it as one JSON object" },
    },
    run({ app, has, write }) {
      const description = app.describe();
      write(
        has("json")
          ? `${JSON.stringify(description, complete, 2)}\n`
          : descriptionText(description, has("all")),
      );
    },
  };
}

/** Each key is there: JSON has no word for Infinity, and would leave out what is undefined. */
function complete(_name: string, value: unknown): unknown {
  return value === Infinity ? "unlimited" : value ?? null;
}
