import type { MessageHeaders } from "../contract/headers.ts";

/** Headers as a schema checks them: names in lower case; a name that repeats gives a list. */
export function headerRecord(
  fields: MessageHeaders,
): Record<string, string | string[]> {
  const made: Record<string, string | string[]> = {};
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    const before = Object.hasOwn(made, key) ? made[key] : undefined;
    made[key] = before === undefined
      ? value
      : Array.isArray(before)
      ? [...before, value]
      : [before, value];
  }
  return made;
}
