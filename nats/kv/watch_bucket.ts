import {
  type Batches,
  checkOptions,
  type Source,
  type SubscribeOptions,
  type Subscription,
} from "@ruststream/core/contract";
import type { OrderedDelivery } from "../jetstream/delivery.ts";
import {
  openReading,
  type Origin,
  ReadDelivery,
  readingGuarantees,
  type ReadingOwner,
} from "../jetstream/parts.ts";
import type { NatsConnection } from "../nats_connection.ts";
import { Keys } from "./_keys.ts";
import { operationOf } from "./_operation.ts";
import { readPrefix } from "./_place.ts";
import { readingOf, readingStart } from "./_reading.ts";
import type { Bucket, BucketChannel } from "./bucket.ts";
import type { WatchStart } from "./watch_options.ts";

/** What was done to a key, on its way to a handler. To ack it means nothing; it cannot be retried. */
export interface BucketDelivery extends OrderedDelivery {
  /** The key. */
  readonly key: string;
  /** Its number in the bucket. */
  readonly revision: number;
  /** What was done to the key. */
  readonly operation: "put" | "delete" | "purge";
}

/** What is done to the keys of a bucket, in its order. */
export interface BucketSubscription
  extends Subscription<BucketDelivery>, Batches<BucketDelivery> {
  /** The name of the stream that the bucket is. */
  readonly stream: string;
}

/** Options for {@linkcode watchBucket}. */
export interface WatchBucketOptions {
  /** Which keys: themselves, or patterns of them; several need a server of 2.10. By default all. */
  readonly keys?: string | readonly string[];
  /**
   * Where it begins, each time it is opened.
   *
   * @default {"current"}
   */
  readonly from?: WatchStart;
  /** How many deliveries to ask for beyond what is wanted right now. By default as many as were taken lately in 20 ms, and at most 500. */
  readonly prefetch?: number;
}

class ChangeDelivery extends ReadDelivery implements BucketDelivery {
  readonly #prefix: string;
  readonly #keys: Keys;

  constructor(
    keys: Keys,
    prefix: string,
    ...message: ConstructorParameters<typeof ReadDelivery>
  ) {
    super(...message);
    this.#keys = keys;
    this.#prefix = prefix;
  }

  get key(): string {
    const { address } = this.message;
    return this.#keys.called(address.slice(this.#prefix.length + 1));
  }

  get revision(): number {
    return this.sequence;
  }

  get operation(): "put" | "delete" | "purge" {
    return operationOf(this.message.headers);
  }
}

const known: readonly (keyof WatchBucketOptions)[] = [
  "keys",
  "from",
  "prefetch",
];

/**
 * The source of a handler that sees what is done to the keys of a bucket: what there is, and then what comes, in the bucket's order.
 *
 * Each subscription has its own place; nothing is settled. A handler gets a change: a value, or that it was removed. That all there was has come is known by `ctx.delivery.pending`, which is 0 then.
 *
 * @example What a handler reads
 * ```ts
 * import assert from "node:assert/strict";
 * import { subscriber, type } from "@ruststream/core";
 * import { bucket, watchBucket } from "@ruststream/nats";
 *
 * const stock = bucket("stock", { payload: type<{ count: number }>() });
 * const counts = new Map<string, number>();
 * const follow = subscriber(watchBucket(stock), (change, { delivery: { key } }) => {
 *   if (change.operation === "put") counts.set(key, change.value.count);
 *   else counts.delete(key);
 * });
 * assert.equal(follow.name, "$KV.stock.{key+}");
 * ```
 *
 * @param bucket The declaration.
 * @throws {TypeError} If a key, a pattern or where to begin is not lawful, or an option unknown.
 */
export function watchBucket<In, Out>(
  bucket: Bucket<In, Out>,
  options: WatchBucketOptions = {},
): Source<NatsConnection, BucketChannel<In, Out>, BucketSubscription> {
  const what = `bucket "${bucket.name}"`;
  checkOptions(`watch ${what}`, options, known);
  const keys = new Keys(bucket.name, bucket.keyCodec);
  const filters = keys.filters(options.keys);
  const from = readingStart(options.from ?? "current");
  const prefix = readPrefix(bucket);
  const deliver = (
    owner: ReadingOwner,
    ...message: [ConstructorParameters<typeof ReadDelivery>[1], Origin]
  ) => new ChangeDelivery(keys, prefix, owner, ...message);
  return Object.freeze({
    channel: bucket.changes,
    guarantees: readingGuarantees,
    open: (
      connection: NatsConnection,
      asked: SubscribeOptions = {},
    ): Promise<BucketSubscription> =>
      openReading(
        connection,
        asked,
        what,
        from,
        (hub) =>
          readingOf(hub, bucket, filters, {
            headersOnly: false,
            prefetch: options.prefetch,
            deliver,
          }),
      ),
  });
}
