/**
 * Protocol Buffers, by `@bufbuild/protobuf`, typed by generated messages.
 *
 * @module
 */
import * as bufbuild from "@bufbuild/protobuf";
import type {
  Codec,
  Encodable,
  Encoded,
  Schema,
  SchemaResult,
} from "@ruststream/core/contract";
import { protobufSchema } from "./_protobuf_schema.ts";
import type {
  DocumentedSchema,
  JsonSchema,
  JsonSchemaTarget,
} from "./json_schema.ts";

export type { DocumentedSchema, JsonSchema, JsonSchemaTarget };

/** `@bufbuild/protobuf` itself: what makes messages, and names their types. */
export const library: typeof import("@bufbuild/protobuf") = bufbuild;

/** What describes a message: made by `protoc-gen-es`. */
export type DescMessage = Parameters<typeof library.create>[0];
/** A message, as a handler gets it. */
export type MessageShape<Desc extends DescMessage> = ReturnType<
  typeof library.create<Desc>
>;
/** A message or its fields, as a publisher takes them. */
export type MessageInitShape<Desc extends DescMessage> = NonNullable<
  Parameters<typeof library.create<Desc>>[1]
>;

/** What {@linkcode protobuf} makes: a codec, and the schema of what it reads and writes. */
export interface ProtobufMessage<Desc extends DescMessage> {
  /** The payload's type, and its schema for documents. */
  readonly payload:
    & Schema<MessageInitShape<Desc>, MessageShape<Desc>>
    & DocumentedSchema;
  /** The message in the binary format. */
  readonly codec: Codec;
}

const { create, fromBinary, isMessage, toBinary } = library;

function isInit(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !ArrayBuffer.isView(value);
}

function codecOf<Desc extends DescMessage>(desc: Desc): Codec {
  return Object.freeze({
    contentType: "application/protobuf",
    encode(value: unknown): Encoded {
      if (isMessage(value, desc)) return { body: toBinary(desc, value) };
      if (!isInit(value) || isMessage(value)) {
        throw new TypeError(
          `Cannot encode a payload as "${desc.typeName}": found ${
            isMessage(value) ? value.$typeName : typeof value
          }`,
        );
      }
      const message = create(desc, value as MessageInitShape<Desc>);
      return { body: toBinary(desc, message) };
    },
    decode: ({ body }: Encodable): unknown => fromBinary(desc, body),
  });
}

/**
 * Makes what a channel needs for a message: its type, its codec and its schema, from what `protoc-gen-es` generates.
 *
 * A publisher takes the message or an object of its fields; a handler gets the message. Fields that this version does not know are kept.
 *
 * @example A channel needs nothing else
 * ```ts
 * import { type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";
 * import assert from "node:assert/strict";
 * import { protobuf } from "@ruststream/codecs/protobuf";
 * import { channel, RustStream, subscriber } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const waits = channel("waits.{who}", protobuf(DurationSchema));
 * const seen: Duration[] = [];
 * const handle = subscriber(waits, (wait) => void seen.push(wait));
 * const running = await new RustStream({ title: "waits", version: "1.0.0" })
 *   .withBroker(new MemoryBroker(), (b) => b.include(handle))
 *   .start();
 * await running.publisher.publish(waits, { seconds: 5n }, { params: { who: "me" } });
 * await running.stop();
 * assert.equal(seen[0]?.seconds, 5n);
 * ```
 */
export function protobuf<Desc extends DescMessage>(
  desc: Desc,
): ProtobufMessage<Desc> {
  const ask = ({ target }: JsonSchemaTarget): JsonSchema =>
    protobufSchema(desc, target);
  const validate = (value: unknown): SchemaResult<MessageShape<Desc>> =>
    isInit(value)
      ? { value: value as MessageShape<Desc> }
      : { issues: [{ message: `expected fields of ${desc.typeName}` }] };
  return Object.freeze({
    payload: Object.freeze({
      "~standard": Object.freeze({
        version: 1 as const,
        vendor: "ruststream",
        validate,
        jsonSchema: Object.freeze({ input: ask, output: ask }),
      }),
    }),
    codec: codecOf(desc),
  });
}
