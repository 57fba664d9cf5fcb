import {
  type AsyncCodec,
  type Channel,
  checkOptions,
  type Codec,
  type Schema,
  type SchemaInput,
  type SchemaOutput,
} from "@ruststream/core/contract";
import { changeCodec, changeSchema } from "./_changes.ts";
import { jsonValues } from "./_coding.ts";
import { checkBucketName } from "./_keys.ts";
import type {
  BucketOptions,
  BucketSettings,
  KeyCodec,
} from "./bucket_options.ts";
import type { BucketChange } from "./entry.ts";

/** The channel of what is done to the keys of a bucket; the key, as it is written, is a parameter. */
export type BucketChannel<In, Out> =
  & Channel<
    `$KV.${string}.{key+}`,
    BucketChange<In>,
    BucketChange<Out>,
    unknown
  >
  & {
    /** Changes to messages and back. */
    readonly codec: Codec | AsyncCodec;
  };

/** A declared bucket: values by keys. Plain, frozen data. `In` is what is put, `Out` what is read. */
export interface Bucket<In, Out> extends BucketSettings {
  /** Its name. */
  readonly name: string;
  /** Checks values. */
  readonly payload: Schema<In, Out>;
  /** Values to bytes and back. */
  readonly codec: Codec | AsyncCodec;
  /** Keys to what is written for them. Without it they are written as they are. */
  readonly keyCodec?: KeyCodec;
  /** What is done to its keys, for handlers; its codec and its schema are those of changes. */
  readonly changes: BucketChannel<In, Out>;
}

const known: readonly string[] = [
  "payload",
  "codec",
  "keyCodec",
  "ensure",
  "description",
  "history",
  "ttlMs",
  "markerTtlMs",
  "maxValueBytes",
  "maxBytes",
  "storage",
  "replicas",
  "compression",
  "mirror",
  "sources",
  "republish",
  "placement",
  "metadata",
];

/** Numbers, each with the least and the most that it may be. */
const numbers = {
  history: [1, 64],
  ttlMs: [100, Infinity],
  markerTtlMs: [1_000, Infinity],
  maxValueBytes: [1, Infinity],
  maxBytes: [1, Infinity],
  replicas: [1, 5],
} as const;

function checkNumbers(name: string, options: BucketSettings): void {
  for (const [option, [least, most]] of Object.entries(numbers)) {
    const value = options[option as keyof typeof numbers];
    if (value === undefined) continue;
    const lawful = Number.isSafeInteger(value) && value >= least &&
      value <= most;
    if (lawful) continue;
    throw new RangeError(
      `Cannot declare bucket "${name}": expected "${option}" to be a whole number from ${least} on${
        most === Infinity ? "" : ` and at most ${most}`
      }, found ${value}`,
    );
  }
}

const unchecked: Schema = Object.freeze({
  "~standard": Object.freeze({
    version: 1 as const,
    vendor: "ruststream",
    validate: (value: unknown) => ({ value }),
  }),
});

/** What the subjects of its keys begin with, where it is read. */
function prefixOf(name: string, { mirror }: BucketSettings): string {
  return `$KV.${mirror === undefined ? name : checkBucketName(mirror.name)}`;
}

/**
 * Declares a bucket of values by keys, which is a stream of the server: what is put there by any client of NATS is read here, and the other way round.
 *
 * `bucket<T>(name)` checks no value.
 *
 * @example Values are checked by any Standard Schema
 * ```ts
 * import assert from "node:assert/strict";
 * import { type } from "@ruststream/core";
 * import { bucket } from "@ruststream/nats";
 *
 * const stock = bucket("stock", { payload: type<{ count: number }>(), history: 5 });
 * assert.equal(stock.name, "stock");
 * assert.throws(() => bucket("all stock"), TypeError);
 * assert.throws(() => bucket("stock", { payload: type(), history: 65 }), RangeError);
 * ```
 *
 * @throws {TypeError} If a name is not lawful, or an option unknown.
 * @throws {RangeError} If a number is out of range.
 */
export function bucket<P extends Schema>(
  name: string,
  options: BucketOptions<P>,
): Bucket<SchemaInput<P>, SchemaOutput<P>>;
/** Declares a bucket whose values are not checked. */
export function bucket<T>(name: string): Bucket<T, T>;
export function bucket(
  name: string,
  options: Partial<BucketOptions<Schema>> = {},
): Bucket<unknown, unknown> {
  checkBucketName(name);
  checkOptions(`declare bucket "${name}"`, options, known);
  checkNumbers(name, options);
  for (const origin of options.sources ?? []) checkBucketName(origin.name);
  const { payload = unchecked, codec = jsonValues } = options;
  const changes = Object.freeze({
    address: `${prefixOf(name, options)}.{key+}`,
    payload: changeSchema({ payload }),
    codec: changeCodec(codec),
  }) as unknown as BucketChannel<unknown, unknown>;
  return Object.freeze({ ...options, name, payload, codec, changes });
}
