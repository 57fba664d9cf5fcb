import { bytesCodec, jsonCodec, textCodec } from "./codecs.ts";
import { checksNothing } from "./channel.ts";
import { type AddressPattern, fillAddress } from "./contract/address.ts";
import { type Awaitable, isPromiseLike } from "./contract/awaitable.ts";
import type { AnyChannel } from "./contract/channel.ts";
import type { AsyncCodec, Codec, Encoded } from "./contract/codec.ts";
import { MessagingError } from "./contract/errors.ts";
import { headers, type HeadersInput } from "./contract/headers.ts";
import type { Message } from "./contract/message.ts";
import type { SchemaIssue, SchemaResult } from "./contract/schema.ts";
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

function checkIssues(address: string, checked: SchemaResult<unknown>): void {
  if (checked.issues === undefined) return;
  throw new MessagingError(
    "schema",
    `Cannot publish to "${address}": ${issueText(checked.issues)}`,
    { retryable: false },
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

function assemble(
  address: string,
  codec: Codec | AsyncCodec,
  encoded: Encoded,
  envelope: Envelope,
): Message {
  const fields = envelope.headers === undefined
    ? []
    : [...userHeaders(`publish to "${address}"`, envelope.headers)];
  if (encoded.headers !== undefined) fields.push(...headers(encoded.headers));
  if (
    codec !== jsonCodec &&
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
  const { payload: schema } = channel;
  if (schema === undefined || checksNothing(schema)) return encode();
  const failed = (cause: unknown): never => {
    throw new MessagingError(
      "schema",
      `Cannot publish to "${address}": its schema threw`,
      { cause },
    );
  };
  let checked: Awaitable<SchemaResult<unknown>>;
  try {
    checked = schema["~standard"].validate(payload);
  } catch (cause) {
    return failed(cause);
  }
  if (isPromiseLike<SchemaResult<unknown>>(checked)) {
    return checked.then(undefined, failed).then((done) => {
      checkIssues(address, done);
      return encode();
    });
  }
  checkIssues(address, checked as SchemaResult<unknown>);
  return encode();
}
