import { checkOptions, signalOnly } from "@ruststream/core/contract";
import { Hub } from "../jetstream/parts.ts";
import type { NatsConnection } from "../nats_connection.ts";
import { sessionOf } from "../session_of.ts";
import { subjectsOf } from "./_names.ts";
import { ensureStore } from "./_opening.ts";
import { Shelf } from "./_shelf.ts";
import { StoreObjects } from "./_store_objects.ts";
import type { ObjectStore, ObjectStoreOptions } from "./store_options.ts";
import type { ObjectOptions, Objects } from "./types.ts";

const known: readonly (keyof ObjectStoreOptions)[] = [
  "ensure",
  "description",
  "ttlMs",
  "maxBytes",
  "storage",
  "replicas",
  "placement",
  "compression",
  "metadata",
];

/** The least that these may be. */
const numbers = { ttlMs: 100, maxBytes: 1, replicas: 1 } as const;

function checkNumbers(name: string, options: ObjectStoreOptions): void {
  for (const [option, least] of Object.entries(numbers)) {
    const value = options[option as keyof typeof numbers];
    if (value === undefined) continue;
    if (Number.isSafeInteger(value) && value >= least) continue;
    throw new RangeError(
      `Cannot declare object store "${name}": expected ${option} to be a whole number of at least ${least}, found ${value}`,
    );
  }
}

/**
 * Declares a store of objects: bodies of any size, each under a name. Making one does no I/O.
 *
 * It is the stream `OBJ_<name>`, as the tools and the other clients of NATS have it, so a store of theirs is opened by this, and they open one of ours.
 *
 * @example Plain data
 * ```ts
 * import assert from "node:assert/strict";
 * import { objectStore } from "@ruststream/nats";
 *
 * const images = objectStore("images", { ttlMs: 3_600_000 });
 * assert.deepEqual(images, { name: "images", ttlMs: 3_600_000 });
 * assert.throws(() => objectStore("my images"), TypeError);
 * ```
 *
 * @throws {TypeError} If the name is not lawful, or an option unknown.
 * @throws {RangeError} If a number is out of range.
 */
export function objectStore(
  name: string,
  options: ObjectStoreOptions = {},
): ObjectStore {
  subjectsOf(name);
  checkOptions(`declare object store "${name}"`, options, known);
  checkNumbers(name, options);
  return Object.freeze({ ...options, name });
}

/**
 * Opens an object store: brings it into being as it was declared, and gives what works on its objects.
 *
 * A store that is sealed is opened as it is. Rejects with `refused` where it is not as it was declared, or not there; with `unsupported` where the server is too old for a setting, or JetStream is off; with `closed` after shutdown; with the signal's reason.
 *
 * @example In process, as on a server
 * ```ts
 * import assert from "node:assert/strict";
 * import { natsBroker, objects, objectStore } from "@ruststream/nats";
 *
 * const broker = await natsBroker().inProcess();
 * await using connection = await broker.connect();
 * const images = await objects(connection, objectStore("images"));
 *
 * await images.put("cats/tom.png", new Uint8Array([1, 2, 3]));
 * const tom = await images.read("cats/tom.png");
 * assert.deepEqual(await tom?.bytes(), new Uint8Array([1, 2, 3]));
 * assert.equal(await images.read("cats/none.png"), undefined);
 * ```
 *
 * @param connection A connection of a NATS broker.
 * @param store What {@linkcode objectStore} declared.
 * @throws {TypeError} If the connection is not one of a NATS broker, or the declaration not lawful.
 */
export async function objects(
  connection: NatsConnection,
  store: ObjectStore,
  options: ObjectOptions = {},
): Promise<Objects> {
  const { name, ...declared } = store;
  const hub = Hub.of(sessionOf(connection));
  const deed = `open object store "${name}"`;
  hub.checkOpen(deed);
  checkOptions(deed, declared, known);
  checkOptions(deed, options, signalOnly);
  const { signal } = options;
  signal?.throwIfAborted();
  await ensureStore(hub, store, signal);
  return new StoreObjects(connection, store, new Shelf(hub, name));
}
