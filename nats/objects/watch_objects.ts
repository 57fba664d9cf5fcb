import {
  type Channel,
  checkOptions,
  type Codec,
  type Source,
  type SubscribeOptions,
} from "@ruststream/core/contract";
import { readingGuarantees } from "../jetstream/parts.ts";
import type { OrderedSubscription } from "../jetstream/subscription.ts";
import type { NatsConnection } from "../nats_connection.ts";
import { infoOf, parseMeta } from "./_meta.ts";
import { addressOf, checkStart, ensureStore, readStore } from "./_opening.ts";
import type { ObjectStore } from "./store_options.ts";
import type { ObjectInfo, WatchObjectsStart } from "./types.ts";

/** What a handler sees of what happened to an object; the delivery has its number and its time. */
export type ObjectEvent =
  | {
    /** The object was put, linked or changed; or was there when the watching began. */
    readonly operation: "put";
    /** What it is now. */
    readonly info: Omit<ObjectInfo, "revision" | "at">;
  }
  | {
    /** The object was deleted, or has another name now. */
    readonly operation: "delete";
    /** What it was called. */
    readonly name: string;
  };

/** The channel of what happens to the objects of a store. To publish there throws a TypeError: only handles of the store do. */
export type ObjectChannel = Channel<
  `$O.${string}.M.{object}`,
  ObjectEvent,
  ObjectEvent,
  unknown
>;

/** Options for {@linkcode watchObjects}. */
export interface WatchObjectsOptions {
  /**
   * Where it begins, each time it is opened.
   *
   * @default {"current"}
   */
  readonly from?: WatchObjectsStart;
  /** How many deliveries to ask for beyond what is wanted right now. By default as many as were taken lately in 20 ms, and at most 500. */
  readonly prefetch?: number;
}

const known: readonly (keyof WatchObjectsOptions)[] = ["from", "prefetch"];

function codecOf(store: string): Codec {
  return Object.freeze({
    contentType: "application/json",
    encode(): never {
      throw new TypeError(
        `Cannot publish what happens in object store "${store}": only its handles do`,
      );
    },
    decode({ body }: { readonly body: Uint8Array }): ObjectEvent {
      const wire = parseMeta(body);
      if (wire === undefined) {
        throw new TypeError(
          `Cannot read what is said of an object of store "${store}": it is no description of one`,
        );
      }
      const { name, deleted } = wire;
      if (deleted === true) return { operation: "delete", name };
      const { revision: _, at: _at, ...info } = infoOf(store, {
        wire,
        revision: 0,
        atMs: 0,
      });
      return { operation: "put", info: Object.freeze(info) };
    },
  });
}

/**
 * The source of a handler that sees what happens to the objects of a store: those that are there, and then what changes, in order.
 *
 * Opening it brings the store into being as it was declared. Each subscription has its own place; nothing is settled. That all there was has come is known by `ctx.delivery.pending`, which is 0 then.
 *
 * @example What a handler reads
 * ```ts
 * import assert from "node:assert/strict";
 * import { subscriber } from "@ruststream/core";
 * import { objectStore, watchObjects } from "@ruststream/nats";
 *
 * const images = objectStore("images");
 * const names = new Set<string>();
 * const follow = subscriber(watchObjects(images), (event) => {
 *   if (event.operation === "put") names.add(event.info.name);
 *   else names.delete(event.name);
 * });
 * assert.equal(follow.name, "$O.images.M.{object}");
 * ```
 *
 * @param store What `objectStore` declared.
 * @throws {TypeError} If where to begin is not lawful, or an option unknown.
 */
export function watchObjects(
  store: ObjectStore,
  options: WatchObjectsOptions = {},
): Source<NatsConnection, ObjectChannel, OrderedSubscription> {
  const { name } = store;
  const deed = `watch object store "${name}"`;
  checkOptions(deed, options, known);
  const { from = "current", prefetch } = options;
  checkStart(deed, from);
  const channel: ObjectChannel = Object.freeze({
    address: addressOf(name),
    codec: codecOf(name),
  });
  return Object.freeze({
    channel,
    guarantees: readingGuarantees,
    open: (
      connection: NatsConnection,
      asked: SubscribeOptions = {},
    ): Promise<OrderedSubscription> =>
      readStore(connection, asked, {
        store: name,
        from,
        prefetch,
        restore: (hub, signal) => ensureStore(hub, store, signal),
      }),
  });
}
