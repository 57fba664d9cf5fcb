import {
  deliveredHeaders,
  headers,
  type MessageHeaders,
} from "@ruststream/core/contract";
import type { Msg } from "@nats-io/nats-core";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const dot = 46;
const zero = 48;

const status = /^NATS\/1\.0 (\d{3})/;
// A value may hold a colon, but no line end.
const field = /^([^:\r\n]+):([^\r\n]*)$/;

/**
 * Writes headers as NATS carries them. Values are written as they are, spaces at their ends too.
 *
 * @param fields Names and values, in order; names may repeat.
 * @throws {TypeError} If a name or a value cannot be written.
 */
export function wireHeaders(
  fields: Iterable<readonly [string, string]>,
): Uint8Array {
  let text = "NATS/1.0\r\n";
  for (const [name, value] of headers(fields)) text += `${name}: ${value}\r\n`;
  return encoder.encode(`${text}\r\n`);
}

/** Headers that are read out of their bytes when somebody looks. */
class WireHeaders implements MessageHeaders {
  readonly #bytes: Uint8Array;
  #fields: readonly (readonly [string, string])[] | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get(name: string): string | undefined {
    const wanted = name.toLowerCase();
    return this.#read().find(([found]) => found.toLowerCase() === wanted)?.[1];
  }

  getAll(name: string): readonly string[] {
    const wanted = name.toLowerCase();
    return this.#read()
      .filter(([found]) => found.toLowerCase() === wanted)
      .map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  [Symbol.iterator](): Iterator<readonly [string, string]> {
    return this.#read().values();
  }

  #read(): readonly (readonly [string, string])[] {
    this.#fields ??= parse(this.#bytes);
    return this.#fields;
  }
}

function parse(bytes: Uint8Array): readonly (readonly [string, string])[] {
  const fields: (readonly [string, string])[] = [];
  for (const line of decoder.decode(bytes).split("\r\n").slice(1)) {
    const [, name, value = ""] = field.exec(line) ?? [];
    // One space belongs to the colon, more of them to the value.
    const text = value.startsWith(" ") ? value.slice(1) : value;
    if (name !== undefined) fields.push(Object.freeze([name, text] as const));
  }
  return Object.freeze(fields);
}

/** The headers in their bytes, as NATS carries them. */
export function readHeaders(bytes: Uint8Array): MessageHeaders {
  return new WireHeaders(bytes);
}

/** What the client keeps of a message as it came. */
interface RawMessage {
  _subject?: string;
  readonly _rdata?: Uint8Array;
  readonly _msg?: {
    readonly hdr: number;
    readonly reply?: Uint8Array;
    readonly subject?: Uint8Array;
  };
}

function rawOf(msg: Msg): RawMessage {
  return msg as unknown as RawMessage;
}

/** Where an answer to a message is wanted. The client decodes an absent address too, which is most of what a small message costs. */
export function replyToOf(msg: Msg): string | undefined {
  const { _msg } = rawOf(msg);
  if (_msg !== undefined && !_msg.reply?.length) return undefined;
  return msg.reply || undefined;
}

/** Where a message was sent: `likely` as a rule, which is seen sooner than read. */
export function addressOf(msg: Msg, likely: string): string {
  const bytes = rawOf(msg)._msg?.subject;
  if (bytes?.length !== likely.length) return msg.subject;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== likely.charCodeAt(i)) return msg.subject;
  }
  return likely;
}

/** Tells a message where it was sent, where that is known: the client need not decode it. */
export function knowSubject(msg: Msg, subject: string): void {
  if (rawOf(msg)._msg !== undefined) rawOf(msg)._subject = subject;
}

/** The last token of where a message was sent, if that is a number; else NaN. It is read from the bytes: decoding them costs more than the rest of a reply. */
export function numberOf(msg: Msg): number {
  const bytes = rawOf(msg)._msg?.subject;
  if (bytes === undefined) return Number(msg.subject.split(".").at(-1));
  let number = 0;
  let i = bytes.length - 1;
  for (let unit = 1; i >= 0 && bytes[i] !== dot; i--, unit *= 10) {
    const digit = (bytes[i] as number) - zero;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    number += digit * unit;
  }
  return number;
}

/** The status that a message has in the place of a body, as a number; 0 where it has none. It is read from the bytes: the client throws at headers that it would not send. */
export function statusOf(msg: Msg): number {
  const { _msg, _rdata } = rawOf(msg);
  if (_msg === undefined || _rdata === undefined) return msg.headers?.code ?? 0;
  if (_msg.hdr <= 0) return 0;
  const [, code] = status.exec(decoder.decode(_rdata.subarray(0, 12))) ?? [];
  return Number(code ?? 0);
}

/** The headers of a message that came; undefined where it has none. They are read from the bytes: the client's own take spaces off the ends of values. */
export function headersOf(msg: Msg): MessageHeaders | undefined {
  const { _msg, _rdata } = rawOf(msg);
  if (_msg === undefined || _rdata === undefined) {
    const { headers: found } = msg;
    return found && deliveredHeaders(headers(
      [...found.keys()].flatMap((name) =>
        found.values(name).map((value) => [name, value] as const)
      ),
    ));
  }
  return _msg.hdr > 0 ? readHeaders(_rdata.subarray(0, _msg.hdr)) : undefined;
}
