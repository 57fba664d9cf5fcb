import { checkOptions, signalOnly } from "@ruststream/core/contract";
import { Hub, namesBehind, removeStream } from "../jetstream/parts.ts";
import type { NatsConnection } from "../nats_connection.ts";
import { sessionOf } from "../session_of.ts";
import { subjectsOf } from "./_names.ts";
import type { ObjectOptions } from "./types.ts";

/**
 * The names of all object stores that there are, in order.
 *
 * @example None yet
 * ```ts
 * import assert from "node:assert/strict";
 * import { natsBroker, objectStoreNames } from "@ruststream/nats";
 *
 * const broker = await natsBroker().inProcess();
 * await using connection = await broker.connect();
 * assert.deepEqual(await objectStoreNames(connection), []);
 * ```
 *
 * @param connection A connection of a NATS broker.
 */
export async function objectStoreNames(
  connection: NatsConnection,
  options: ObjectOptions = {},
): Promise<readonly string[]> {
  const deed = "list object stores";
  checkOptions(deed, options, signalOnly);
  const { api } = Hub.of(sessionOf(connection));
  return await namesBehind(api, deed, "OBJ_", options.signal);
}

/**
 * Removes an object store, and all that it holds. Resolves with whether it was there.
 *
 * @example It is there, and then it is not
 * ```ts
 * import assert from "node:assert/strict";
 * import { natsBroker, objects, objectStore, removeObjectStore } from "@ruststream/nats";
 *
 * const broker = await natsBroker().inProcess();
 * await using connection = await broker.connect();
 * await objects(connection, objectStore("images"));
 * assert.equal(await removeObjectStore(connection, "images"), true);
 * assert.equal(await removeObjectStore(connection, "images"), false);
 * ```
 *
 * @param connection A connection of a NATS broker.
 * @param name The store's name.
 * @throws {TypeError} If the name is not lawful.
 */
export async function removeObjectStore(
  connection: NatsConnection,
  name: string,
  options: ObjectOptions = {},
): Promise<boolean> {
  const { stream } = subjectsOf(name);
  const deed = `remove object store "${name}"`;
  checkOptions(deed, options, signalOnly);
  const { api } = Hub.of(sessionOf(connection));
  return await removeStream(api, deed, stream, options.signal);
}
