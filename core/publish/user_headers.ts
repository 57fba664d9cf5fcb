import {
  headers,
  type HeadersInput,
  isDelivered,
  type MessageHeaders,
} from "../contract/headers.ts";

/** Headers with this prefix are the runtime's own. */
export const reservedPrefix = "ruststream-";

function isReserved(name: string): boolean {
  return name.toLowerCase().startsWith(reservedPrefix);
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
