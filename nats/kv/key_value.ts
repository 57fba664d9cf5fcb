import {
  checkOptions,
  type Connection,
  signalOnly,
} from "@ruststream/core/contract";
import { Hub } from "../jetstream/parts.ts";
import { sessionOf } from "../session_of.ts";
import { ensureBucket } from "./_bucket_stream.ts";
import { BucketHandle } from "./_handle.ts";
import { placeOf } from "./_place.ts";
import type { Bucket } from "./bucket.ts";
import type { KeyValue, KeyValueOptions } from "./key_value_types.ts";

/**
 * Opens a bucket, and brings it into being as its `ensure` says.
 *
 * @example A value, and who came too late
 * ```ts
 * import assert from "node:assert/strict";
 * import { type } from "@ruststream/core";
 * import { bucket, keyValue, natsBroker } from "@ruststream/nats";
 *
 * const stock = bucket("stock", { payload: type<{ count: number }>() });
 * const broker = await natsBroker().inProcess();
 * await using connection = await broker.connect();
 * const shelf = await keyValue(connection, stock);
 *
 * const revision = await shelf.create("apples", { count: 7 });
 * await shelf.update("apples", { count: 6 }, { revision });
 * await assert.rejects(shelf.update("apples", { count: 5 }, { revision }), { code: "conflict" });
 * assert.deepEqual(await shelf.value("apples"), { count: 6 });
 * ```
 *
 * @param connection A connection of a NATS broker.
 * @param bucket The declaration.
 * @throws {MessagingError} `refused` where it is missing, or is not as it was declared; `unsupported` where the server is too old for a setting, or has no JetStream.
 */
export async function keyValue<In, Out>(
  connection: Connection,
  bucket: Bucket<In, Out>,
  options: KeyValueOptions = {},
): Promise<KeyValue<In, Out>> {
  const hub = Hub.of(sessionOf(connection));
  const deed = `open bucket "${bucket.name}"`;
  checkOptions(deed, options, signalOnly);
  hub.checkOpen(deed);
  options.signal?.throwIfAborted();
  const config = await ensureBucket(hub, bucket, options.signal);
  return new BucketHandle(hub, bucket, placeOf(hub.api, bucket, config));
}
