import type { Command } from "./command.ts";
import { descriptionText } from "./description_text.ts";

/** Makes `describe`: what is mounted where, and what is in force. Nothing connects. */
export function describeCommand(): Command {
  return {
    name: "describe",
    summary: "Show the subscribers, and who does what was asked for",
    options: { json: { summary: "Write it as one JSON object" } },
    run({ app, has, write }) {
      const description = app.describe();
      write(
        has("json")
          ? `${JSON.stringify(description, numbers, 2)}\n`
          : descriptionText(description),
      );
    },
  };
}

/** JSON has no word for it, and would say null. */
function numbers(_name: string, value: unknown): unknown {
  return value === Infinity ? "unlimited" : value;
}
