import {
  headers,
  type Message,
  type MessageHeaders,
} from "@ruststream/core/contract";
import type { Msg } from "@nats-io/nats-core";
import { splitKey } from "../keys.ts";
import { addressOf, headersOf } from "../wire_headers.ts";

/** What a message is known by inside the duplicate window of its stream. */
export const idHeader = "Nats-Msg-Id";

const notOurs =
  /^Nats-(Msg-Id|Expected-.*|TTL|Batch-.*|Schedule.*|Rollup|Incr)$/i;

/** Whether a header tells the server what to do. */
export function isOurHeader(name: string): boolean {
  return notOurs.test(name);
}

// Nobody wrote what tells the server what to do with a message.
function usersHeaders(found: MessageHeaders): MessageHeaders | undefined {
  const all = [...found];
  const fields = all.filter(([name]) => !notOurs.test(name));
  if (fields.length === 0) return undefined;
  return fields.length === all.length ? found : headers(fields);
}

/** A message as its publisher wrote it. `likely` is where most are sent, `prefix` what the stream has put before the address. */
export function readMessage(msg: Msg, likely = "", prefix = ""): Message {
  const found = addressOf(msg, likely);
  const address = found.startsWith(prefix) ? found.slice(prefix.length) : found;
  return messageOf(address, msg.data, headersOf(msg));
}

/** A message as its publisher wrote it, of what its stream holds. */
export function messageOf(
  address: string,
  body: Uint8Array,
  carried: MessageHeaders | undefined,
): Message {
  const sent = { address, body };
  if (carried === undefined) return sent;
  const { key, headers: rest } = splitKey(carried);
  const fields = rest && usersHeaders(rest);
  return {
    ...sent,
    ...(fields !== undefined && { headers: fields }),
    ...(key !== undefined && { key }),
  };
}
