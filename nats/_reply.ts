import type { Message } from "@ruststream/core/contract";
import type { Msg } from "@nats-io/nats-core";
import { messageOf } from "./keys.ts";
import { withRemoteError } from "./service_headers.ts";
import { headersOf } from "./wire_headers.ts";

/** A reply that came: the failure of a NATS service is one of whoever was asked. */
export function replyOf(msg: Msg): Message {
  return withRemoteError(messageOf(msg.subject, msg.data, headersOf(msg)));
}
