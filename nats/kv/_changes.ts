import type {
  AsyncCodec,
  Awaitable,
  Codec,
  Encodable,
  Encoded,
  Schema,
  SchemaResult,
} from "@ruststream/core/contract";
import type { ValueShape } from "./_coding.ts";
import { operationField, operationOf } from "./_operation.ts";
import type { BucketChange } from "./entry.ts";

/** Any change, of whatever value. */
type AnyChange = BucketChange<unknown>;

const nothing = new Uint8Array();

function put(value: unknown): AnyChange {
  return { operation: "put", value };
}

function encodeRemoval({ operation }: AnyChange): Encoded {
  if (operation === "delete") {
    return { body: nothing, headers: [operationField("delete")] };
  }
  throw new TypeError(
    `Cannot encode the change "${operation}" of a bucket: only its handle purges`,
  );
}

function encode(
  codec: Codec | AsyncCodec,
  change: unknown,
): Awaitable<Encoded> {
  const one = change as AnyChange;
  return one.operation === "put" ? codec.encode(one.value) : encodeRemoval(one);
}

/** Changes of a bucket to messages and back: a removal is told by a header, and has no value to decode, so none that is set around a handler may take its place. */
export function changeCodec(codec: Codec | AsyncCodec): Codec | AsyncCodec {
  const { contentType } = codec;
  if (!("waits" in codec)) {
    return Object.freeze({
      contentType,
      stays: true as const,
      encode: (change: unknown) => encode(codec, change) as Encoded,
      decode(message: Encodable): AnyChange {
        const operation = operationOf(message.headers);
        return operation === "put" ? put(codec.decode(message)) : { operation };
      },
    });
  }
  return Object.freeze({
    contentType,
    waits: true as const,
    stays: true as const,
    encode: (change: unknown) => encode(codec, change),
    async decode(message: Encodable): Promise<AnyChange> {
      const operation = operationOf(message.headers);
      return operation === "put"
        ? put(await codec.decode(message))
        : { operation };
    },
  });
}

function putOf(
  checked: SchemaResult<unknown>,
): SchemaResult<AnyChange> {
  return checked.issues === undefined ? { value: put(checked.value) } : checked;
}

/** Checks changes of a bucket: the value of a put by the bucket's own schema. */
export function changeSchema(
  { payload }: Pick<ValueShape, "payload">,
): Schema<unknown, AnyChange> {
  return Object.freeze({
    "~standard": Object.freeze({
      version: 1 as const,
      vendor: "ruststream",
      validate(change: unknown): Awaitable<SchemaResult<AnyChange>> {
        const { operation, value } = (change ?? {}) as Partial<
          AnyChange & { readonly value: unknown }
        >;
        if (operation === "delete" || operation === "purge") {
          return { value: { operation } };
        }
        if (operation !== "put") {
          return {
            issues: [{
              message: "it is no change of a bucket",
            }],
          };
        }
        const checked = payload["~standard"].validate(value);
        return "then" in checked ? checked.then(putOf) : putOf(checked);
      },
    }),
  });
}
