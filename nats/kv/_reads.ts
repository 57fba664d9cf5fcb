import {
  checkOptions,
  headers,
  isMessagingError,
  type MessageHeaders,
  onAbort,
  signalOnly,
} from "@ruststream/core/contract";
import { type Hub, type ReadDelivery, streamed } from "../jetstream/parts.ts";
import type { AnyBucket } from "./_bucket_stream.ts";
import { decodeValue } from "./_coding.ts";
import type { Keys } from "./_keys.ts";
import { operationOf } from "./_operation.ts";
import { readPrefix } from "./_place.ts";
import { found, openReader, type ReadingPlan } from "./_reading.ts";
import type { BucketEntry, UnreadableEntry, WatchedEntry } from "./entry.ts";
import type { KeyValueOptions } from "./key_value_types.ts";
import type { WatchOptions } from "./watch_options.ts";

/** A message of a bucket, however it was come by. */
interface Stored {
  readonly seq: number;
  readonly at: Date;
  readonly headers: MessageHeaders | undefined;
  readonly body: Uint8Array;
}

/** Which keys are told of, and how. */
type Shown = Required<Pick<WatchOptions, "values" | "removals">>;

const watchOptions: readonly (keyof WatchOptions)[] = [
  "from",
  "values",
  "removals",
  "signal",
];

/** Reads what a bucket holds, and what is done to it. */
export class Reads<Out> {
  readonly #hub: Hub;
  readonly #bucket: AnyBucket;
  readonly #keys: Keys;

  constructor(hub: Hub, bucket: AnyBucket, keys: Keys) {
    this.#hub = hub;
    this.#bucket = bucket;
    this.#keys = keys;
  }

  /** What a message did to its key. Rejects where its value cannot be read. */
  async entryOf(
    deed: string,
    key: string,
    { seq, headers: carried, body, at }: Stored,
  ): Promise<BucketEntry<Out>> {
    const place = { key, revision: seq, at };
    const operation = operationOf(carried);
    if (operation !== "put") return { ...place, operation };
    const message = { body, headers: carried ?? headers() };
    const value = await decodeValue(deed, this.#bucket, message);
    return { ...place, operation, value: value as Out };
  }

  keys(
    filter: string | readonly string[] | undefined,
    options: KeyValueOptions = {},
  ): ReadableStream<string> {
    const deed = `list the keys of bucket "${this.#bucket.name}"`;
    const run = async function* (
      this: Reads<Out>,
      signal: AbortSignal,
    ): AsyncGenerator<string> {
      checkOptions(deed, options, signalOnly);
      const plan: ReadingPlan = {
        deed,
        filters: this.#keys.filters(filter),
        from: "current",
        headersOnly: true,
        signal,
      };
      for await (const delivery of this.#held(plan)) {
        const { headers } = delivery.message;
        if (operationOf(headers) === "put") yield this.#keyOf(delivery);
      }
    };
    return streamed((signal) => run.call(this, signal), options.signal);
  }

  history(
    key: string,
    options: KeyValueOptions = {},
  ): ReadableStream<BucketEntry<Out> | UnreadableEntry> {
    const deed =
      `read the history of "${key}" in bucket "${this.#bucket.name}"`;
    const run = async function* (
      this: Reads<Out>,
      signal: AbortSignal,
    ): AsyncGenerator<BucketEntry<Out> | UnreadableEntry> {
      checkOptions(deed, options, signalOnly);
      const plan: ReadingPlan = {
        deed,
        filters: this.#keys.filters(key),
        from: "history",
        headersOnly: false,
        signal,
      };
      for await (const delivery of this.#held(plan)) {
        yield await this.#told(deed, delivery);
      }
    };
    return streamed((signal) => run.call(this, signal), options.signal);
  }

  async watch(
    keys: string | readonly string[] | undefined,
    options: WatchOptions = {},
  ): Promise<ReadableStream<WatchedEntry<Out | undefined>>> {
    const deed = `watch bucket "${this.#bucket.name}"`;
    checkOptions(deed, options, watchOptions);
    const { from = "current", values = true, removals = true, signal } =
      options;
    signal?.throwIfAborted();
    const over = new AbortController();
    const plan: ReadingPlan = {
      deed,
      filters: this.#keys.filters(keys),
      from,
      headersOnly: !values,
      signal: over.signal,
    };
    const forget = onAbort(signal, (reason) => over.abort(reason));
    const reader = await openReader(this.#hub, this.#bucket, plan)
      .finally(forget);
    const all = found(reader, plan);
    const shown = { values, removals };
    return streamed(() => this.#watched(deed, all, shown), signal, over);
  }

  // What there is, up to where a reading has caught up.
  async *#held(plan: ReadingPlan): AsyncGenerator<ReadDelivery> {
    const reader = await openReader(this.#hub, this.#bucket, plan);
    for await (const one of found(reader, plan)) {
      if (one === "caught-up") return;
      yield one;
    }
  }

  async *#watched(
    deed: string,
    all: ReturnType<typeof found>,
    { values, removals }: Shown,
  ): AsyncGenerator<WatchedEntry<Out | undefined>> {
    for await (const one of all) {
      if (one === "caught-up") {
        yield { operation: one };
        continue;
      }
      const operation = operationOf(one.message.headers);
      if (operation !== "put" && !removals) continue;
      if (operation !== "put" || values) yield await this.#told(deed, one);
      else yield { ...this.#placeOf(one), operation, value: undefined };
    }
  }

  async #told(
    deed: string,
    delivery: ReadDelivery,
  ): Promise<BucketEntry<Out> | UnreadableEntry> {
    const place = this.#placeOf(delivery);
    const { key, revision: seq, at } = place;
    const { headers, body } = delivery.message;
    try {
      return await this.entryOf(deed, key, { seq, at, headers, body });
    } catch (error) {
      if (!isMessagingError(error)) throw error;
      return { ...place, operation: "unreadable", error };
    }
  }

  #placeOf(delivery: ReadDelivery) {
    return {
      key: this.#keyOf(delivery),
      revision: delivery.sequence,
      at: delivery.publishedAt,
    };
  }

  #keyOf({ message: { address } }: ReadDelivery): string {
    return this.#keys.called(
      address.slice(readPrefix(this.#bucket).length + 1),
    );
  }
}
