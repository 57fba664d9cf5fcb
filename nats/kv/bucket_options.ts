import type { AsyncCodec, Codec, Schema } from "@ruststream/core/contract";
import type {
  Ensure,
  StreamPlacement,
  StreamRepublish,
} from "../jetstream/stream_options.ts";

/** Keys that are written otherwise than they are called, token by token: for those that have characters which a key may not have. */
export interface KeyCodec {
  /** What is written for a token of a key. */
  encode(token: string): string;
  /** The token that was written. Where it throws, the key is called as it is written: somebody else wrote it. */
  decode(written: string): string;
}

/** Another bucket that is copied from. */
export interface BucketOrigin {
  /** Its name. */
  readonly name: string;
  /** The JetStream domain that it is in. By default this one. */
  readonly domain?: string;
  /** The first revision that is copied. By default the first there is. */
  readonly startSequence?: number;
  /** The first time that is copied. By default the first there is. */
  readonly startTime?: Date;
}

/**
 * What the server knows of a bucket, in the words and units of `StreamOptions`. What is left out is chosen when it is made, and not compared where it is there.
 *
 * A setting that the server does not know fails the opening: by its version, and by comparing what it keeps with what was asked.
 */
export interface BucketSettings {
  /**
   * What brings it into being.
   *
   * @default {"create"}
   */
  readonly ensure?: Ensure;
  /** For people. By default nothing. */
  readonly description?: string;
  /**
   * How many entries of each key are kept, at most 64.
   *
   * @default {1}
   */
  readonly history?: number;
  /** How long an entry stays, in milliseconds. By default without end. */
  readonly ttlMs?: number;
  /** How long a marker stays where the last value of a key expired, in milliseconds, at least 1,000; it lets single keys have a time to live. Needs a server of 2.11. By default there is none, and nobody is told of what expires. */
  readonly markerTtlMs?: number;
  /** The largest value, in bytes. By default what the server takes. */
  readonly maxValueBytes?: number;
  /** The most bytes; what would be more is refused. By default without end. */
  readonly maxBytes?: number;
  /**
   * Where it is kept.
   *
   * @default {"file"}
   */
  readonly storage?: "file" | "memory";
  /**
   * How many copies a cluster keeps.
   *
   * @default {1}
   */
  readonly replicas?: number;
  /**
   * How it is packed on disk. Needs a server of 2.10.
   *
   * @default {"none"}
   */
  readonly compression?: "none" | "s2";
  /** The bucket that this one is a copy of: what is written goes there. By default none. */
  readonly mirror?: BucketOrigin;
  /** The buckets that flow into this one. Needs a server of 2.10. By default none. */
  readonly sources?: readonly BucketOrigin[];
  /** What is published again on core subjects; the subjects of keys are `$KV.<bucket>.<key>`. By default nothing. */
  readonly republish?: StreamRepublish;
  /** Where its copies live. By default where the server likes. */
  readonly placement?: StreamPlacement;
  /** Names and values for people and tools. Needs a server of 2.10. By default none. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Options for {@linkcode bucket}. */
export interface BucketOptions<P extends Schema> extends BucketSettings {
  /** Checks values: any [Standard Schema](https://standardschema.dev), or `type<T>()`. */
  readonly payload: P;
  /** Values to bytes and back. By default JSON. */
  readonly codec?: Codec | AsyncCodec;
  /** Keys to what is written for them, and back. By default they are written as they are. */
  readonly keyCodec?: KeyCodec;
}
