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

/** A message as its publisher wrote it. `likely` is where most are sent. */
export function readMessage(msg: Msg, likely = ""): Message {
  const sent = { address: addressOf(msg, likely), body: msg.data };
  const carried = headersOf(msg);
  if (carried === undefined) return sent;
  const { key, headers: found } = splitKey(carried);
  const fields = found && usersHeaders(found);
  return {
    ...sent,
    ...(fields !== undefined && { headers: fields }),
    ...(key !== undefined && { key }),
  };
}
