import {
  type Clock,
  MessagingError,
  parseAddress,
} from "@ruststream/core/contract";
import {
  type Hub,
  OrderedReader,
  type OrderedReaderOptions,
  ReadDelivery,
  readingGuarantees,
  type ReadingStart,
} from "../jetstream/parts.ts";
import { type AnyBucket, ensureBucket, streamOf } from "./_bucket_stream.ts";
import { readPrefix } from "./_place.ts";
import type { WatchStart } from "./watch_options.ts";

/** Where a reading begins, by where a watch does. */
export function readingStart(from: WatchStart): ReadingStart {
  if (from === "current") return "lasts";
  if (from === "history") return "start";
  if (from === "new") return "end";
  const { revision } = (from ?? {}) as { readonly revision?: unknown };
  if (Number.isSafeInteger(revision) && (revision as number) > 0) {
    return { sequence: revision as number };
  }
  throw new TypeError(
    `Cannot watch a bucket: expected "current", "history", "new" or a revision of at least 1, found ${
      JSON.stringify(from)
    }`,
  );
}

/** How the stream of a bucket is read in order. */
export function readingOf<D extends ReadDelivery>(
  hub: Hub,
  bucket: AnyBucket,
  filters: readonly string[],
  rest: Pick<
    OrderedReaderOptions<D>,
    "headersOnly" | "prefetch" | "deliver"
  >,
): Omit<OrderedReaderOptions<D>, "hub" | "signal"> {
  const stream = streamOf(bucket.name);
  const prefix = readPrefix(bucket);
  return {
    stream,
    address: parseAddress(bucket.changes.address),
    subjects: filters.map((filter) => `${prefix}.${filter}`),
    guarantees: readingGuarantees,
    expiresMs: 30_000,
    restore: (signal) => ensureBucket(hub, bucket, signal),
    lookAtStream: () => hub.api.lookAt(stream),
    checks: false,
    ...rest,
  };
}

/** What a reader of a bucket finds: messages, and that it has caught up. */
export type Found = ReadDelivery | "caught-up";

/** What is to be read of a bucket. */
export interface ReadingPlan {
  readonly deed: string;
  readonly filters: readonly string[];
  readonly from: WatchStart;
  readonly headersOnly: boolean;
  readonly signal: AbortSignal;
}

const atOnce = 64;
const quietMs = 1_000;

/** Opens a reader of a bucket. */
export async function openReader(
  hub: Hub,
  bucket: AnyBucket,
  { filters, from, headersOnly, signal }: ReadingPlan,
): Promise<OrderedReader> {
  signal.throwIfAborted();
  const reader = new OrderedReader({
    ...readingOf(hub, bucket, filters, {
      headersOnly,
      prefetch: undefined,
      deliver: (...message) => new ReadDelivery(...message),
    }),
    hub,
    signal,
  });
  await reader.open(readingStart(from));
  return reader;
}

/** Whether a time is over before something comes. */
async function isLate(
  clock: Clock,
  coming: Promise<unknown>,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const cancel = clock.after(quietMs, () => resolve(true));
  const came = (): void => resolve(false);
  coming.then(came, came);
  try {
    return await promise;
  } finally {
    cancel();
  }
}

/** What a reader brings, until it is ended; then it rejects with why. */
export async function* found(
  reader: OrderedReader,
  { deed, signal }: ReadingPlan,
): AsyncGenerator<Found> {
  const { hub: { session } } = reader.options;
  const chunks = reader.buffer.batches(atOnce).getReader();
  let last = 0;
  let behind = true;
  const arrives = (): boolean => {
    if (!behind || !reader.arrivesBy(last)) return false;
    behind = false;
    return true;
  };
  try {
    for (;;) {
      if (arrives()) yield "caught-up";
      const coming = chunks.read();
      // What it waits for may have been removed meanwhile.
      while (behind && await isLate(session.clock, coming)) {
        await Promise.race([reader.lookAhead(), coming]).catch(() => {});
        if (arrives()) yield "caught-up";
      }
      const { done, value } = await coming;
      if (done) break;
      for (const delivery of value) {
        yield delivery;
        last = delivery.sequence;
        if (arrives()) yield "caught-up";
      }
    }
  } finally {
    await reader.end();
  }
  signal.throwIfAborted();
  throw new MessagingError(
    "closed",
    `Cannot ${deed}: the connection is closed`,
  );
}
