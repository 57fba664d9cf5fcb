import {
  deliveredHeaders,
  headers,
  type Message,
  type MessageHeaders,
} from "@ruststream/core/contract";

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
  if (fields.length === 0) return { key };
  return { key, headers: deliveredHeaders(headers(fields)) };
}

/** A message that came, of its parts. */
export function messageOf(
  address: string,
  body: Uint8Array,
  found: MessageHeaders | undefined,
): Message {
  const sent = { address, body };
  return found === undefined ? sent : { ...sent, ...splitKey(found) };
}
