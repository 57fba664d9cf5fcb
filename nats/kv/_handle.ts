import {
  checkOptions,
  isMessagingError,
  MessagingError,
  signalOnly,
} from "@ruststream/core/contract";
import type { Hub } from "../jetstream/parts.ts";
import { encodeValue } from "./_coding.ts";
import { Entries } from "./_entries.ts";
import { Keys } from "./_keys.ts";
import { operationOf } from "./_operation.ts";
import type { Place } from "./_place.ts";
import { Reads } from "./_reads.ts";
import { statusOf } from "./_status.ts";
import { Writer, type Writing } from "./_writer.ts";
import type { Bucket } from "./bucket.ts";
import type { BucketEntry, UnreadableEntry, WatchedEntry } from "./entry.ts";
import type {
  CreateOptions,
  DeleteOptions,
  EntryOptions,
  KeyValue,
  KeyValueOptions,
  PurgeOptions,
  UpdateOptions,
} from "./key_value_types.ts";
import type { BucketStatus } from "./status.ts";
import type { WatchOptions } from "./watch_options.ts";

const nothing = new Uint8Array();

type Condition = Partial<Pick<Writing, "revision" | "ttlMs" | "signal">>;

function taken(
  deed: string,
  revision: number,
  cause: MessagingError,
): MessagingError {
  return new MessagingError(
    "conflict",
    `Cannot ${deed}: it has a value, of revision ${revision}`,
    { cause },
  );
}

/** A bucket on one connection. */
export class BucketHandle<In, Out> implements KeyValue<In, Out> {
  readonly bucket: Bucket<In, Out>;
  readonly #hub: Hub;
  readonly #keys: Keys;
  readonly #place: Place;
  readonly #entries: Entries;
  readonly #reads: Reads<Out>;
  readonly #writer: Writer;

  constructor(hub: Hub, bucket: Bucket<In, Out>, place: Place) {
    this.bucket = bucket;
    this.#hub = hub;
    this.#place = place;
    this.#keys = new Keys(bucket.name, bucket.keyCodec);
    this.#entries = new Entries(hub, place);
    this.#reads = new Reads<Out>(hub, bucket, this.#keys);
    this.#writer = new Writer(hub, place, this.#entries);
  }

  async put(
    key: string,
    value: In,
    options: KeyValueOptions = {},
  ): Promise<number> {
    const deed = this.#begin("put", key, options, signalOnly);
    return await this.#writer.write(
      await this.#putting(deed, key, value, options),
    );
  }

  async create(
    key: string,
    value: In,
    options: CreateOptions = {},
  ): Promise<number> {
    const deed = this.#begin("create", key, options, ["ttlMs", "signal"]);
    const putting = await this.#putting(deed, key, value, options);
    for (let revision = 0;;) {
      try {
        return await this.#writer.write({ ...putting, revision });
      } catch (error) {
        if (!isMessagingError(error, "conflict")) throw error;
        const last = await this.#entries.surelyLast(putting.written, putting);
        const there = last !== undefined && operationOf(last.headers) === "put";
        const now = last?.seq ?? 0;
        if (there) throw taken(deed, now, error);
        if (now === revision) throw error;
        // It was there, and is not any more.
        revision = now;
      }
    }
  }

  async update(
    key: string,
    value: In,
    options: UpdateOptions,
  ): Promise<number> {
    const deed = this.#begin("update", key, options ?? {}, [
      "revision",
      "signal",
    ]);
    this.#checkRevision(deed, options?.revision, 0);
    return await this.#writer.write(
      await this.#putting(deed, key, value, options),
    );
  }

  async delete(key: string, options: DeleteOptions = {}): Promise<number> {
    const deed = this.#begin("delete", key, options, ["revision", "signal"]);
    return await this.#remove(deed, key, "delete", options);
  }

  async purge(key: string, options: PurgeOptions = {}): Promise<number> {
    const deed = this.#begin("purge", key, options, [
      "revision",
      "ttlMs",
      "signal",
    ]);
    return await this.#remove(deed, key, "purge", options);
  }

  async value(
    key: string,
    options: EntryOptions = {},
  ): Promise<Out | undefined> {
    const entry = await this.entry(key, options);
    return entry?.operation === "put" ? entry.value : undefined;
  }

  async entry(
    key: string,
    options: EntryOptions = {},
  ): Promise<BucketEntry<Out> | undefined> {
    const deed = this.#begin("read", key, options, ["revision", "signal"]);
    const { revision, signal } = options;
    if (revision !== undefined) this.#checkRevision(deed, revision, 1);
    const written = this.#keys.written(key);
    const asking = { deed, signal };
    const found = revision === undefined
      ? await this.#entries.last(written, asking)
      : await this.#entries.at(written, revision, asking);
    return found && await this.#reads.entryOf(deed, key, found);
  }

  keys(
    filter?: string | readonly string[],
    options?: KeyValueOptions,
  ): ReadableStream<string> {
    return this.#reads.keys(filter, options);
  }

  history(
    key: string,
    options?: KeyValueOptions,
  ): ReadableStream<BucketEntry<Out> | UnreadableEntry> {
    return this.#reads.history(key, options);
  }

  watch(
    keys: string | readonly string[] | undefined,
    options: WatchOptions & { readonly values: false },
  ): Promise<ReadableStream<WatchedEntry<undefined>>>;
  watch(
    keys?: string | readonly string[],
    options?: WatchOptions,
  ): Promise<ReadableStream<WatchedEntry<Out>>>;
  watch(
    keys?: string | readonly string[],
    options?: WatchOptions,
  ): Promise<ReadableStream<WatchedEntry<Out | undefined>>> {
    return this.#reads.watch(keys, options);
  }

  async status(options: KeyValueOptions = {}): Promise<BucketStatus> {
    const deed = `look at bucket "${this.bucket.name}"`;
    checkOptions(deed, options, signalOnly);
    this.#hub.checkOpen(deed);
    const info = await this.#hub.api.ask(
      deed,
      `STREAM.INFO.${this.#place.stream}`,
      {},
      options.signal,
    );
    return statusOf(this.bucket.name, info);
  }

  #begin(
    verb: string,
    key: string,
    options: KeyValueOptions,
    known: readonly string[],
  ): string {
    const deed = `${verb} "${key}" in bucket "${this.bucket.name}"`;
    this.#hub.checkOpen(deed);
    checkOptions(deed, options, known);
    options.signal?.throwIfAborted();
    return deed;
  }

  #checkRevision(deed: string, revision: unknown, least: number): void {
    if (Number.isSafeInteger(revision) && (revision as number) >= least) return;
    throw new RangeError(
      `Cannot ${deed}: expected the revision to be a whole number of at least ${least}, found ${revision}`,
    );
  }

  async #putting(
    deed: string,
    key: string,
    value: In,
    { revision, ttlMs, signal }: Condition,
  ): Promise<Writing> {
    const written = this.#keys.written(key);
    const { body, headers } = await encodeValue(deed, this.bucket, value);
    signal?.throwIfAborted();
    return { deed, written, body, headers, revision, ttlMs, signal };
  }

  async #remove(
    deed: string,
    key: string,
    removal: "delete" | "purge",
    { revision, ttlMs, signal }: Condition,
  ): Promise<number> {
    if (revision !== undefined) this.#checkRevision(deed, revision, 0);
    const written = this.#keys.written(key);
    return await this.#writer.write({
      deed,
      written,
      body: nothing,
      removal,
      revision,
      ttlMs,
      signal,
    });
  }
}
