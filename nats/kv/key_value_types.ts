import type { Bucket } from "./bucket.ts";
import type { BucketEntry, UnreadableEntry, WatchedEntry } from "./entry.ts";
import type { BucketStatus } from "./status.ts";
import type { WatchOptions } from "./watch_options.ts";

/** Options of what is asked of a bucket. */
export interface KeyValueOptions {
  /** Gives up when aborted; what was begun may still be done. By default only the connection's end does. */
  readonly signal?: AbortSignal;
}

/** Options for {@linkcode KeyValue.create}. */
export interface CreateOptions extends KeyValueOptions {
  /** How long the value stays, in milliseconds, rounded up to seconds; at least `markerTtlMs` where the bucket keeps more than one entry of a key. Needs a bucket with `markerTtlMs`. By default as long as the bucket says. */
  readonly ttlMs?: number;
}

/** Options for {@linkcode KeyValue.update}. */
export interface UpdateOptions extends KeyValueOptions {
  /** The revision that the key must have; 0 where it must not be there. */
  readonly revision: number;
}

/** Options for {@linkcode KeyValue.entry}. */
export interface EntryOptions extends KeyValueOptions {
  /** Which of the key's entries. By default the last. */
  readonly revision?: number;
}

/** Options for {@linkcode KeyValue.delete}. */
export interface DeleteOptions extends KeyValueOptions {
  /** The revision that the key must have. By default any. */
  readonly revision?: number;
}

/** Options for {@linkcode KeyValue.purge}. */
export interface PurgeOptions extends DeleteOptions {
  /** How long it is known that the key was purged, in milliseconds, rounded up to seconds. Needs a bucket with `markerTtlMs`. By default as long as the bucket says. */
  readonly ttlMs?: number;
}

/**
 * A bucket on one connection. It needs no closing: it holds nothing.
 *
 * 1. What is written holds when that resolves, once, also where an answer was lost: it is sent again, and known by an id. Resolved is its revision.
 * 2. A write whose condition is not so rejects with `conflict`. With `timeout` where its answer was lost: then it may be there.
 * 3. What is no key rejects with a TypeError; a value with `schema`, `codec` or `too-large`. After shutdown all rejects with `closed`.
 * 4. In a cluster, what is read may be a moment behind what was written; {@linkcode KeyValue.update} tells for sure.
 */
export interface KeyValue<In, Out> {
  /** What it was opened as. */
  readonly bucket: Bucket<In, Out>;
  /** Gives a key a value, whatever it had. */
  put(key: string, value: In, options?: KeyValueOptions): Promise<number>;
  /** Gives a key a value where it has none: `conflict` where it has. */
  create(key: string, value: In, options?: CreateOptions): Promise<number>;
  /** Gives a key a value where it still has the revision that is named: `conflict` where it has another. */
  update(key: string, value: In, options: UpdateOptions): Promise<number>;
  /** The value that a key has; undefined where it has none. */
  value(key: string, options?: EntryOptions): Promise<Out | undefined>;
  /** The last entry of a key, or one of a revision: a removal too. Undefined where there is none, or that is of another key. */
  entry(
    key: string,
    options?: EntryOptions,
  ): Promise<BucketEntry<Out> | undefined>;
  /** Takes a key its value; what it was stays in its history. Of a key that is not there it does the same. */
  delete(key: string, options?: DeleteOptions): Promise<number>;
  /** Takes a key its value, and all that it was. */
  purge(key: string, options?: PurgeOptions): Promise<number>;
  /** The keys that have a value, the oldest value first; then it closes. With patterns those that match: `*` is one token, `>` all that follow. */
  keys(
    filter?: string | readonly string[],
    options?: KeyValueOptions,
  ): ReadableStream<string>;
  /** What is kept of a key, or of a pattern of them, the oldest first; then it closes. */
  history(
    key: string,
    options?: KeyValueOptions,
  ): ReadableStream<BucketEntry<Out> | UnreadableEntry>;
  /**
   * What is done to keys, in its order: what there is, that this was all, and what comes. Resolves once nothing can be missed.
   *
   * It goes on over lost connections and servers where it was: nothing is left out, and nothing comes twice. What is purged, or beyond `history`, before it is read is not there to come. Where the bucket was removed and made again, all of that comes. Several keys or patterns need a server of 2.10.
   *
   * Nothing is read ahead of what is taken by more than some hundred entries. Cancelling ends it.
   */
  watch(
    keys: string | readonly string[] | undefined,
    options: WatchOptions & { readonly values: false },
  ): Promise<ReadableStream<WatchedEntry<undefined>>>;
  /** The same, with values. */
  watch(
    keys?: string | readonly string[],
    options?: WatchOptions,
  ): Promise<ReadableStream<WatchedEntry<Out>>>;
  /** What the server says of it. */
  status(options?: KeyValueOptions): Promise<BucketStatus>;
}
