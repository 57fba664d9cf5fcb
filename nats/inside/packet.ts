import { wireHeaders } from "../wire_headers.ts";

/** A message as the server has it. Nobody writes into its bytes. */
export interface Packet {
  readonly subject: string;
  /** Where an answer is wanted; empty where none is. */
  readonly reply: string;
  readonly headers: Uint8Array | undefined;
  readonly body: Uint8Array;
}

type Field = readonly [string, string];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** No bytes. */
export const nothing: Uint8Array = new Uint8Array();

/** Text as bytes. */
export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Bytes as text. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The fields of headers, in order; what tells the server what to do has no spaces at its ends. */
export function fieldsOf(headers: Uint8Array | undefined): readonly Field[] {
  if (headers === undefined) return [];
  return textOf(headers).split("\r\n").slice(1).flatMap((line) => {
    const colon = line.indexOf(":");
    return colon < 1
      ? []
      : [[line.slice(0, colon), line.slice(colon + 1).trim()] as const];
  });
}

/** A header's value, by its exact name. */
export function headerOf(
  { headers }: Pick<Packet, "headers">,
  name: string,
): string | undefined {
  return fieldsOf(headers).find(([found]) => found === name)?.[1];
}

/** Headers with more fields behind those that are there. */
export function withFields(
  headers: Uint8Array | undefined,
  more: readonly Field[],
): Uint8Array {
  const added = wireHeaders(more);
  if (headers === undefined) return added;
  const line = "NATS/1.0\r\n".length;
  // Without the empty line at the end of the first and the status line of the second.
  const bytes = new Uint8Array(headers.length - 2 + added.length - line);
  bytes.set(headers.subarray(0, -2));
  bytes.set(added.subarray(line), headers.length - 2);
  return bytes;
}

/** Headers of these fields; undefined without one. */
export function headersOf(fields: readonly Field[]): Uint8Array | undefined {
  return fields.length === 0 ? undefined : wireHeaders(fields);
}

/** What the server says of a request instead of answering it. */
export function statusOf(
  code: number,
  text: string,
  fields: readonly Field[] = [],
): Uint8Array {
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return bytesOf(`NATS/1.0 ${code}${text && ` ${text}`}\r\n${lines}\r\n`);
}
