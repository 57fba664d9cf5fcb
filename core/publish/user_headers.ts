import {
  headers,
  type HeadersInput,
  type MessageHeaders,
} from "../contract/headers.ts";

/** Headers with this prefix are the runtime's own. */
export const reservedPrefix = "ruststream-";

function isReserved(name: string): boolean {
  return name.toLowerCase().startsWith(reservedPrefix);
}

/** Whether fields are those of a delivery. URLSearchParams and FormData have the same methods to look, and others to write: those are written by hand. */
export function isDelivered(input: HeadersInput): input is MessageHeaders {
  const { get, getAll, has } = input as Partial<MessageHeaders>;
  return [get, getAll, has].every((look) => typeof look === "function") &&
    !("append" in input);
}

/**
 * The fields of a user's message: those of a delivery lose what is reserved; those written by hand must have none.
 *
 * @param deed What is done with them, for the error.
 * @throws {TypeError} If a field is not lawful, or written by hand with a reserved name.
 */
export function userHeaders(deed: string, input: HeadersInput): MessageHeaders {
  const fields = headers(input);
  const reserved = [...fields].filter(([name]) => isReserved(name));
  if (reserved.length === 0) return fields;
  if (isDelivered(input)) {
    return headers([...fields].filter(([name]) => !isReserved(name)));
  }
  const [[name] = [""]] = reserved;
  throw new TypeError(
    `Cannot ${deed} with header "${name}": names that start with "${reservedPrefix}" are reserved`,
  );
}
