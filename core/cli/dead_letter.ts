import type { KeptMessage } from "../contract/keeps.ts";
import { headers } from "../contract/headers.ts";
import type { Message } from "../contract/message.ts";
import { reservedPrefix } from "../publish/encode.ts";

const prefix = `${reservedPrefix}dead-letter-`;

/** A message that could not be handled, as the broker keeps it. */
export interface DeadLetter {
  readonly kept: KeptMessage;
  /** What it is called on the command line: the address that keeps it, and its id there. */
  readonly name: string;
  /** Where it was sent before it was given up. */
  readonly address: string | undefined;
  readonly reason: string;
  readonly attempts: number | undefined;
  readonly subscriber: string | undefined;
  readonly error: string | undefined;
  /** When it was given up; undefined where nothing tells. */
  readonly at: Date | undefined;
}

/** Reads a dead letter; undefined where the message is none. */
export function readDeadLetter(kept: KeptMessage): DeadLetter | undefined {
  const { message, id, publishedAt } = kept;
  const field = (name: string): string | undefined =>
    message.headers?.get(`${prefix}${name}`);
  const reason = field("reason");
  if (reason === undefined) return undefined;
  const attempts = Number(field("attempts"));
  const at = new Date(field("at") ?? Number.NaN);
  return {
    kept,
    name: `${message.address}#${id}`,
    address: field("address"),
    reason,
    attempts: Number.isNaN(attempts) ? undefined : attempts,
    subscriber: field("subscriber"),
    error: field("error"),
    at: Number.isNaN(at.getTime()) ? publishedAt : at,
  };
}

/** The message as it was before it was given up: at its address, without what the runtime wrote on it. */
export function originalOf(
  { kept: { message } }: DeadLetter,
  address: string,
): Message {
  const { body, key } = message;
  const fields = ownFields(message);
  return {
    address,
    body,
    ...(fields.length > 0 && { headers: headers(fields) }),
    ...(key !== undefined && { key }),
  };
}

/** The headers that the runtime did not write. */
export function ownFields(
  { headers: found }: Message,
): readonly (readonly [string, string])[] {
  return [...found ?? []].filter(([name]) =>
    !name.toLowerCase().startsWith(reservedPrefix)
  );
}

/** The same each time that this letter is sent to an address, and never that of another: a broker that drops what it knows takes it once. */
export function redriveId(
  { kept: { id, publishedAt }, name }: DeadLetter,
  address: string,
): string {
  return `redrive:${name}:${publishedAt?.getTime() ?? id}@${address}`;
}
