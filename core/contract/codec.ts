import type { Awaitable } from "./awaitable.ts";
import type { HeadersInput, MessageHeaders } from "./headers.ts";

/** What a codec makes of a value. */
export interface Encoded {
  /** The bytes. */
  readonly body: Uint8Array;
  /** Fields that the format keeps beside the body (CloudEvents, schema ids). Without them there are none. */
  readonly headers?: HeadersInput;
}

/** What a codec reads. */
export interface Encodable {
  /** The bytes. */
  readonly body: Uint8Array;
  /** The message's headers. */
  readonly headers: MessageHeaders;
}

/**
 * Payload to bytes and back. What cannot be encoded or decoded throws; the runtime gives the error its code.
 */
export interface Codec {
  /** The registered content type of the bytes. */
  readonly contentType: string;
  /** Set where no codec that is set around its channel may take its place, as those of bytes and texts. Without it one may. */
  readonly stays?: true;
  /** Turns a payload into bytes. */
  encode(value: unknown): Encoded;
  /** Turns bytes into a payload. */
  decode(message: Encodable): unknown;
}

/** A {@linkcode Codec} that must wait. Known at mount, where it chooses the asynchronous loop. */
export interface AsyncCodec {
  /** The registered content type of the bytes. */
  readonly contentType: string;
  /** Tells it apart from a {@linkcode Codec}. */
  readonly waits: true;
  /** Set where no codec that is set around its channel may take its place, as those of bytes and texts. Without it one may. */
  readonly stays?: true;
  /** Turns a payload into bytes. */
  encode(value: unknown): Awaitable<Encoded>;
  /** Turns bytes into a payload. */
  decode(message: Encodable): Awaitable<unknown>;
}
