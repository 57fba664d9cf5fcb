import { headers, type MessageHeaders } from "@ruststream/core/contract";

/** The header that carries the key of a message: NATS has no place for one. */
export const keyHeader = "nats-partition-key";

/** The key of a message that came, and its headers without it. */
export function splitKey(
  found: MessageHeaders | undefined,
): { readonly headers?: MessageHeaders; readonly key?: string } {
  if (found === undefined) return {};
  const key = found.get(keyHeader);
  if (key === undefined) return { headers: found };
  const fields = [...found].filter(([name]) =>
    name.toLowerCase() !== keyHeader
  );
  return { key, ...(fields.length > 0 && { headers: headers(fields) }) };
}
