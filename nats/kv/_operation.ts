import type { MessageHeaders } from "@ruststream/core/contract";

/** What a message of a bucket does to its key. */
export type Operation = "put" | "delete" | "purge";

const operationHeader = "KV-Operation";
// The server leaves a marker where it removed the last message of a key.
const reasonHeader = "Nats-Marker-Reason";

/** The field that says what a message does. */
export function operationField(
  operation: Exclude<Operation, "put">,
): readonly [string, string] {
  return [operationHeader, operation === "delete" ? "DEL" : "PURGE"];
}

/** What a message does, by its headers. */
export function operationOf(headers: MessageHeaders | undefined): Operation {
  if (headers === undefined) return "put";
  const reason = headers.get(reasonHeader);
  const said = headers.get(operationHeader);
  if (said === "DEL" || reason === "Remove") return "delete";
  return said === "PURGE" || reason !== undefined ? "purge" : "put";
}
