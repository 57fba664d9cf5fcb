import { bytesCodec, jsonCodec, textCodec } from "../codecs.ts";
import { checksNothing } from "../channel.ts";
import { type AddressPattern, fillAddress } from "../contract/address.ts";
import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import type { AnyChannel } from "../contract/channel.ts";
import type { AsyncCodec, Codec, Encoded } from "../contract/codec.ts";
import { MessagingError } from "../contract/errors.ts";
import {
  headers,
  type HeadersInput,
  type MessageHeaders,
} from "../contract/headers.ts";
import type { Message } from "../contract/message.ts";
import type { Schema, SchemaIssue, SchemaResult } from "../contract/schema.ts";
import { headerRecord } from "./header_record.ts";
import { userHeaders } from "./user_headers.ts";

export { reservedPrefix } from "./user_headers.ts";

/** What goes with a payload, addresses and headers not checked yet. */
export interface Envelope {
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly headers?: HeadersInput | undefined;
  readonly key?: string | undefined;
}

/**
 * The codec of a channel: those that skip coding stay, else the nearest one set, the channel's own, JSON.
 *
 * @param nearest What a mount, a subscriber, a router, a broker scope or the application sets.
 */
export function codecOf(
  { codec }: AnyChannel,
  nearest: Codec | AsyncCodec | undefined,
): Codec | AsyncCodec {
  if (codec === bytesCodec || codec === textCodec) return codec;
  return nearest ?? codec ?? jsonCodec;
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
  const failed = (cause: unknown): never => {
    throw new MessagingError(
      "codec",
      `Cannot publish to "${address}": ${codec.contentType} cannot encode the payload`,
      { cause },
    );
  };
  try {
    const encoded = codec.encode(payload);
    return isPromiseLike<Encoded>(encoded)
      ? Promise.resolve(encoded).catch(failed)
      : encoded;
  } catch (error) {
    return failed(error);
  }
}

function userFields(address: string, envelope: Envelope): MessageHeaders {
  return envelope.headers === undefined
    ? headers()
    : userHeaders(`publish to "${address}"`, envelope.headers);
}

function assemble(
  address: string,
  codec: Codec | AsyncCodec,
  encoded: Encoded,
  envelope: Envelope,
): Message {
  const fields = [...userFields(address, envelope)];
  if (encoded.headers !== undefined) fields.push(...headers(encoded.headers));
  if (
    codec.contentType !== jsonCodec.contentType &&
    !fields.some(([n]) => n.toLowerCase() === "content-type")
  ) {
    fields.push(["content-type", codec.contentType]);
  }
  return {
    address,
    body: encoded.body,
    ...(fields.length > 0 ? { headers: headers(fields) } : {}),
    ...(envelope.key === undefined ? {} : { key: envelope.key }),
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
  const address = fillAddress(pattern, envelope.params);
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

/** The same, to an address that is known: where a reply is wanted. */
export function encodeTo(
  address: string,
  channel: AnyChannel,
  codec: Codec | AsyncCodec,
  payload: unknown,
  envelope: Envelope,
): Awaitable<Message> {
  const encode = (): Awaitable<Message> => {
    const encoded = encodeBody(address, codec, payload);
    return isPromiseLike<Encoded>(encoded)
      ? encoded.then((done) => assemble(address, codec, done, envelope))
      : assemble(address, codec, encoded, envelope);
  };
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
