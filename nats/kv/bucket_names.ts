import {
  checkOptions,
  type Connection,
  signalOnly,
} from "@ruststream/core/contract";
import { Hub, namesBehind, removeStream } from "../jetstream/parts.ts";
import { sessionOf } from "../session_of.ts";
import { streamOf, streamPrefix } from "./_bucket_stream.ts";
import { checkBucketName } from "./_keys.ts";
import type { KeyValueOptions } from "./key_value_types.ts";

function hubOf(
  deed: string,
  connection: Connection,
  options: KeyValueOptions,
): Hub {
  const hub = Hub.of(sessionOf(connection));
  checkOptions(deed, options, signalOnly);
  hub.checkOpen(deed);
  options.signal?.throwIfAborted();
  return hub;
}

/**
 * The names of all buckets that there are, in order.
 *
 * @example None yet
 * ```ts
 * import assert from "node:assert/strict";
 * import { bucketNames, natsBroker } from "@ruststream/nats";
 *
 * const broker = await natsBroker().inProcess();
 * await using connection = await broker.connect();
 * assert.deepEqual(await bucketNames(connection), []);
 * ```
 *
 * @param connection A connection of a NATS broker.
 */
export async function bucketNames(
  connection: Connection,
  options: KeyValueOptions = {},
): Promise<readonly string[]> {
  const deed = "list buckets";
  const { api } = hubOf(deed, connection, options);
  return await namesBehind(api, deed, streamPrefix, options.signal);
}

/**
 * Removes a bucket, and all that it holds. Resolves with whether it was there.
 *
 * @example It is there, and then it is not
 * ```ts
 * import assert from "node:assert/strict";
 * import { bucket, keyValue, natsBroker, removeBucket } from "@ruststream/nats";
 *
 * const broker = await natsBroker().inProcess();
 * await using connection = await broker.connect();
 * await keyValue(connection, bucket<number>("stock"));
 * assert.equal(await removeBucket(connection, "stock"), true);
 * assert.equal(await removeBucket(connection, "stock"), false);
 * ```
 *
 * @param connection A connection of a NATS broker.
 * @param name The bucket's name.
 * @throws {TypeError} If the name is not lawful.
 */
export async function removeBucket(
  connection: Connection,
  name: string,
  options: KeyValueOptions = {},
): Promise<boolean> {
  const deed = `remove bucket "${checkBucketName(name)}"`;
  const { api } = hubOf(deed, connection, options);
  return await removeStream(api, deed, streamOf(name), options.signal);
}
