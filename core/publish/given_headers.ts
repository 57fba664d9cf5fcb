import {
  headers,
  type HeadersInput,
  isDelivered,
  type MessageHeaders,
} from "../contract/headers.ts";
import { messageIdHeader } from "./message_id.ts";
import { userHeaders } from "./user_headers.ts";

/**
 * The fields that a user gives a message. Those of a delivery lose its id too: what is made of a delivery is another message, and so are several.
 *
 * @param deed What is done with them, for the error.
 * @throws {TypeError} If a field is not lawful, or written by hand with a reserved name.
 */
export function givenHeaders(
  deed: string,
  input: HeadersInput,
): MessageHeaders {
  const fields = userHeaders(deed, input);
  if (!isDelivered(input) || !fields.has(messageIdHeader)) return fields;
  return headers(
    [...fields].filter(([name]) => name.toLowerCase() !== messageIdHeader),
  );
}

/**
 * The fields that a user gives all messages.
 *
 * @throws {TypeError} The same, and if an id is written by hand: all messages would be taken for repetitions of one.
 */
export function constantHeaders(
  deed: string,
  input: HeadersInput,
): MessageHeaders {
  const fields = givenHeaders(deed, input);
  if (!fields.has(messageIdHeader)) return fields;
  throw new TypeError(
    `Cannot ${deed} with header "${messageIdHeader}": all messages would have the same`,
  );
}
