import { jsonCodec } from "../codecs.ts";
import { checksNothing } from "../channel.ts";
import { type AddressPattern, fillAddress } from "../contract/address.ts";
import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import type { AnyChannel } from "../contract/channel.ts";
import type { AsyncCodec, Codec, Encoded } from "../contract/codec.ts";
import { isMessagingError, MessagingError } from "../contract/errors.ts";
import {
  headers,
  type HeadersInput,
  type MessageHeaders,
  ownHeader,
} from "../contract/headers.ts";
import type { Message } from "../contract/message.ts";
import type { Schema, SchemaIssue, SchemaResult } from "../contract/schema.ts";
import { headerRecord } from "./header_record.ts";
import { messageIdHeader, type Naming } from "./message_id.ts";
import { userHeaders } from "./user_headers.ts";

export { reservedPrefix } from "./user_headers.ts";

/** What goes with a payload, addresses and headers not checked yet. */
export interface Envelope {
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly headers?: HeadersInput | undefined;
  readonly key?: string | undefined;
  /** Gives the message its id. Without it nobody does. */
  readonly naming?: Naming | undefined;
}

/**
 * The codec of a channel: its own where that stays, else the nearest one set, its own, JSON.
 *
 * @param nearest What a mount, a subscriber, a router, a broker scope or the application sets.
 */
export function codecOf(
  { codec }: AnyChannel,
  nearest: Codec | AsyncCodec | undefined,
): Codec | AsyncCodec {
  return codec?.stays ? codec : nearest ?? codec ?? jsonCodec;
}

/** Whether an address has no parameters: most have none, and need not be filled. */
export function isLiteral({ tokens }: AddressPattern): boolean {
  for (const { kind } of tokens) if (kind !== "literal") return false;
  return true;
}

/** What is wrong with a value, in one line. */
export function issueText(issues: ReadonlyArray<SchemaIssue>): string {
  return issues.map(({ message, path = [] }) => {
    const at = path.map((part) =>
      String(typeof part === "object" ? part.key : part)
    );
    return at.length === 0 ? message : `${at.join(".")}: ${message}`;
  }).join("; ");
}

function checkIssues(
  address: string,
  what: string,
  checked: SchemaResult<unknown>,
): void {
  if (checked.issues === undefined) return;
  throw new MessagingError(
    "schema",
    `Cannot publish to "${address}": the ${what} schema refuses, ${
      issueText(checked.issues)
    }`,
  );
}

function encodeBody(
  address: string,
  codec: Codec | AsyncCodec,
  payload: unknown,
): Awaitable<Encoded> {
  let encoded: Awaitable<Encoded>;
  try {
    encoded = codec.encode(payload);
    if (!isPromiseLike<Encoded>(encoded)) return encoded;
  } catch (error) {
    throw unencoded(address, codec, error);
  }
  return encodedLater(address, codec, encoded);
}

async function encodedLater(
  address: string,
  codec: Codec | AsyncCodec,
  encoded: PromiseLike<Encoded>,
): Promise<Encoded> {
  try {
    return await encoded;
  } catch (error) {
    throw unencoded(address, codec, error);
  }
}

function unencoded(
  address: string,
  codec: Codec | AsyncCodec,
  cause: unknown,
): MessagingError {
  return new MessagingError(
    "codec",
    `Cannot publish to "${address}": ${codec.contentType} cannot encode the payload`,
    // A codec may have to ask somebody who is away.
    { cause, retryable: isMessagingError(cause) && cause.retryable },
  );
}

function userFields(address: string, envelope: Envelope): MessageHeaders {
  return envelope.headers === undefined
    ? headers()
    : userHeaders(`publish to "${address}"`, envelope.headers);
}

type Field = readonly [string, string];

function has(fields: readonly Field[], wanted: string): boolean {
  return fields.some(([name]) => name.toLowerCase() === wanted);
}

/** The same fields, with an id among them. */
function named(
  fields: readonly Field[],
  address: string,
  body: Uint8Array,
  { naming, key }: Pick<Envelope, "naming" | "key">,
): readonly Field[] {
  const isId = ([name]: Field): boolean =>
    name.toLowerCase() === messageIdHeader;
  const rest = fields.filter((field) => !isId(field));
  const given = fields.find(isId)?.[1];
  const id = naming?.idOf(address, body, given, key, rest);
  return id === undefined ? fields : [...rest, [messageIdHeader, id]];
}

/** A message of which nobody has said anything but its id: most are, so it is made at the least cost. */
function plain(
  address: string,
  body: Uint8Array,
  key: string | undefined,
  naming: Naming | undefined,
): Message {
  const id = naming?.idOf(address, body, undefined, key);
  const fields = id === undefined ? undefined : ownHeader(messageIdHeader, id);
  if (key !== undefined) {
    return { address, body, key, ...fields && { headers: fields } };
  }
  return fields === undefined
    ? { address, body }
    : { address, body, headers: fields };
}

function assemble(
  address: string,
  codec: Codec | AsyncCodec,
  encoded: Encoded,
  envelope: Envelope,
): Message {
  const { body } = encoded;
  const { key, naming } = envelope;
  if (
    envelope.headers === undefined && encoded.headers === undefined &&
    codec.contentType === jsonCodec.contentType
  ) return plain(address, body, key, naming);
  const fields: Field[] = [...userFields(address, envelope)];
  if (encoded.headers !== undefined) fields.push(...headers(encoded.headers));
  if (
    codec.contentType !== jsonCodec.contentType && !has(fields, "content-type")
  ) {
    fields.push(["content-type", codec.contentType]);
  }
  const all = naming === undefined
    ? fields
    : named(fields, address, body, envelope);
  return {
    address,
    body,
    ...(all.length > 0 ? { headers: headers(all) } : {}),
    ...(key === undefined ? {} : { key }),
  };
}

/**
 * Checks and encodes a payload of a channel: what every publish of a typed payload goes through.
 *
 * Throws at once what is the caller's mistake. Waits only where the schema or the codec does.
 */
export function encodeMessage(
  channel: AnyChannel,
  pattern: AddressPattern,
  codec: Codec | AsyncCodec,
  payload: unknown,
  envelope: Envelope,
): Awaitable<Message> {
  const address = envelope.params === undefined && isLiteral(pattern)
    ? pattern.template
    : fillAddress(pattern, envelope.params);
  return encodeTo(address, channel, codec, payload, envelope);
}

/** Checks what a caller gave by a schema of the channel. Waits only where the schema does. */
function checkBy(
  address: string,
  schema: Schema | undefined,
  what: string,
  value: () => unknown,
): Awaitable<void> {
  if (schema === undefined || checksNothing(schema)) return;
  const failed = (cause: unknown): never => {
    throw new MessagingError(
      "schema",
      `Cannot publish to "${address}": the schema of its ${what} threw`,
      { cause },
    );
  };
  const given = value();
  let checked: Awaitable<SchemaResult<unknown>>;
  try {
    checked = schema["~standard"].validate(given);
  } catch (cause) {
    return failed(cause);
  }
  return isPromiseLike<SchemaResult<unknown>>(checked)
    ? checked.then(undefined, failed).then((done) =>
      checkIssues(address, what, done)
    )
    : checkIssues(address, what, checked as SchemaResult<unknown>);
}

function encodeChecked(
  address: string,
  codec: Codec | AsyncCodec,
  payload: unknown,
  envelope: Envelope,
): Awaitable<Message> {
  const encoded = encodeBody(address, codec, payload);
  return isPromiseLike<Encoded>(encoded)
    ? assembleLater(address, codec, encoded, envelope)
    : assemble(address, codec, encoded, envelope);
}

async function assembleLater(
  address: string,
  codec: Codec | AsyncCodec,
  encoded: PromiseLike<Encoded>,
  envelope: Envelope,
): Promise<Message> {
  return assemble(address, codec, await encoded, envelope);
}

/** The same, to an address that is known: where a reply is wanted. */
export function encodeTo(
  address: string,
  channel: AnyChannel,
  codec: Codec | AsyncCodec,
  payload: unknown,
  envelope: Envelope,
): Awaitable<Message> {
  return checksNothing(channel.payload) && checksNothing(channel.headers)
    ? encodeChecked(address, codec, payload, envelope)
    : checkAndEncode(address, channel, codec, payload, envelope);
}

function checkAndEncode(
  address: string,
  channel: AnyChannel,
  codec: Codec | AsyncCodec,
  payload: unknown,
  envelope: Envelope,
): Awaitable<Message> {
  const encode = () => encodeChecked(address, codec, payload, envelope);
  const checkHeaders = (): Awaitable<void> =>
    checkBy(
      address,
      channel.headers,
      "headers",
      () => headerRecord(userFields(address, envelope)),
    );
  const payloadChecked = checkBy(
    address,
    channel.payload,
    "payload",
    () => payload,
  );
  if (isPromiseLike<void>(payloadChecked)) {
    return payloadChecked.then(checkHeaders).then(encode);
  }
  const headersChecked = checkHeaders();
  return isPromiseLike<void>(headersChecked)
    ? headersChecked.then(encode)
    : encode();
}
