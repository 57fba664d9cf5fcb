import { bytesCodec, textCodec } from "./codecs.ts";
import { parseAddress } from "./contract/address.ts";
import type { AnyChannel, Channel } from "./contract/channel.ts";
import type { AsyncCodec, Codec } from "./contract/codec.ts";
import type { Schema, SchemaInput, SchemaOutput } from "./contract/schema.ts";
import {
  checkKnown,
  foundText,
  isChannel,
  isCodec,
  refuseOption,
} from "./check_settings.ts";

/** Options for {@linkcode channel}. */
export interface ChannelOptions<
  P extends Schema,
  H extends Schema,
  R extends AnyChannel | undefined = AnyChannel,
> {
  /** Checks payloads: any [Standard Schema](https://standardschema.dev), or {@linkcode type}. */
  readonly payload: P;
  /** Checks headers, given as an object with names in lower case. Without it a handler sees them as they came. */
  readonly headers?: H;
  /** Payload to bytes and back. Without it the nearest mount's codec, else JSON. */
  readonly codec?: Codec | AsyncCodec;
  /** What a message is answered with: a request resolves with its payload, and a subscriber of the channel returns one. Without it nobody can be asked. */
  readonly reply?: R;
  /** A short name for documents. By default the address serves. */
  readonly title?: string;
  /** One sentence for documents. Without it there is none. */
  readonly summary?: string;
  /** Payloads as they may come, for documents. By default there are none. */
  readonly examples?: readonly SchemaInput<P>[];
}

/** What a channel has beside the rest where its reply is declared. */
export type Answered<R> = R extends AnyChannel ? { readonly reply: R }
  : unknown;

/** The reply that a channel declares. */
export function replyOf(channel: AnyChannel): AnyChannel | undefined {
  // Not in the type of all channels, or it would hide which reply one of them has.
  return (channel as { readonly reply?: AnyChannel }).reply;
}

const unchecked: Schema<unknown, unknown> = Object.freeze({
  "~standard": Object.freeze({
    version: 1 as const,
    vendor: "ruststream",
    validate: (value: unknown) => ({ value }),
  }),
});

/** Whether a schema checks nothing, so that calling it can be left out. */
export function checksNothing(schema: Schema | undefined): boolean {
  return schema === undefined || schema === unchecked;
}

/**
 * A payload type without a check, for channels with parameters.
 *
 * @example A type, and nothing at run time
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, type } from "@ruststream/core";
 *
 * const orders = channel("orders.{tenant}", { payload: type<{ id: number }>() });
 * assert.equal(orders.address, "orders.{tenant}");
 * ```
 */
export function type<T>(): Schema<T, T> {
  return unchecked as Schema<T, T>;
}

const known = [
  "payload",
  "headers",
  "codec",
  "reply",
  "title",
  "summary",
  "examples",
];

// A schema may be a function, as those of arktype are.
function isSchema(value: unknown): value is Schema {
  const standard = (value as Partial<Schema> | null | undefined)?.["~standard"];
  return typeof standard?.validate === "function";
}

const kinds: Readonly<
  Record<string, readonly [(value: unknown) => boolean, string]>
> = {
  payload: [isSchema, "a Standard Schema, or type<T>()"],
  headers: [isSchema, "a Standard Schema"],
  codec: [isCodec, "a codec"],
  reply: [isChannel, "a channel"],
};

function declare(
  address: string,
  options: Partial<ChannelOptions<Schema, Schema, AnyChannel>>,
): Channel<string, unknown, unknown, unknown> {
  if (typeof address !== "string") {
    throw new TypeError(
      `Cannot declare a channel: its address must be a string, found ${
        foundText(address)
      }`,
    );
  }
  parseAddress(address);
  if (isSchema(options)) {
    throw new TypeError(
      `Cannot declare channel "${address}": expected { payload: schema }, found a schema`,
    );
  }
  checkKnown(`channel "${address}"`, options, known);
  for (const [name, [isKind, expected]] of Object.entries(kinds)) {
    const found: unknown = options[name as keyof typeof options];
    if (found === undefined || isKind(found)) continue;
    refuseOption(`channel "${address}"`, name, expected, found);
  }
  return Object.freeze({ address, ...options });
}

/**
 * Declares an address and what is sent there: the contract that two services share. Plain, frozen data.
 *
 * `channel<T>(address)` checks nothing and costs nothing, and takes an address without parameters.
 *
 * @example Payloads are checked by any Standard Schema
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel } from "@ruststream/core";
 * import * as z from "zod";
 *
 * const orders = channel("orders.{tenant}", { payload: z.object({ id: z.number() }) });
 * assert.equal(orders.address, "orders.{tenant}");
 * ```
 *
 * @throws {TypeError} If the address is not lawful, has parameters though no schema is given, or an option is unknown.
 */
export function channel<
  const A extends string,
  P extends Schema,
  H extends Schema = Schema<unknown, unknown>,
  R extends AnyChannel | undefined = undefined,
>(
  address: A,
  options: ChannelOptions<P, H, R>,
):
  & Channel<A, SchemaInput<P>, SchemaOutput<P>, SchemaOutput<H>>
  & Answered<R>;
/** Declares an address whose payloads are not checked. */
export function channel<T>(address: string): Channel<"", T, T, unknown>;
export function channel(
  address: string,
  options?: ChannelOptions<Schema, Schema>,
): Channel<string, unknown, unknown, unknown> {
  const made = declare(address, options ?? {});
  if (options?.payload === undefined && address.includes("{")) {
    throw new TypeError(
      `Cannot declare channel "${address}" without a payload: an address with parameters needs { payload: type<T>() } or a schema`,
    );
  }
  return made;
}

/**
 * Declares a channel of bytes: nothing is encoded or decoded.
 *
 * @example What a dead letter channel is
 * ```ts
 * import assert from "node:assert/strict";
 * import { bytes } from "@ruststream/core";
 *
 * assert.equal(bytes("orders.dead").address, "orders.dead");
 * ```
 */
export function bytes<const A extends string>(
  address: A,
): Channel<A, Uint8Array, Uint8Array, unknown> {
  return declare(address, { codec: bytesCodec }) as Channel<
    A,
    Uint8Array,
    Uint8Array,
    unknown
  >;
}

/**
 * Declares a channel of text in UTF-8.
 *
 * @example A channel of lines
 * ```ts
 * import assert from "node:assert/strict";
 * import { text } from "@ruststream/core";
 *
 * assert.equal(text("logs.{host}").address, "logs.{host}");
 * ```
 */
export function text<const A extends string>(
  address: A,
): Channel<A, string, string, unknown> {
  return declare(address, { codec: textCodec }) as Channel<
    A,
    string,
    string,
    unknown
  >;
}
