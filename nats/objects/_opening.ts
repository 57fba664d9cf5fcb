import { parseAddress, type SubscribeOptions } from "@ruststream/core/contract";
import {
  ensureStream,
  type Field,
  type Fields,
  type Hub,
  openReading,
  ReadDelivery,
  readingGuarantees,
  streamFields,
} from "../jetstream/parts.ts";
import type { StreamOptions } from "../jetstream/stream_options.ts";
import type { OrderedSubscription } from "../jetstream/subscription.ts";
import type { NatsConnection } from "../nats_connection.ts";
import { subjectsOf } from "./_names.ts";
import type { ObjectStore } from "./store_options.ts";
import type { WatchObjectsStart } from "./types.ts";

const field = (name: keyof StreamOptions): Field => streamFields[name] as Field;

/** The settings of a store's stream, by what they are called of a store. */
const storeFields: Fields = {
  name: field("name"),
  description: field("description"),
  subjects: field("subjects"),
  ttlMs: field("maxAgeMs"),
  maxBytes: field("maxBytes"),
  storage: field("storage"),
  replicas: field("replicas"),
  placement: field("placement"),
  compression: field("compression"),
  metadata: field("metadata"),
  discard: field("discard"),
  allowRollup: field("allowRollup"),
  allowDirect: field("allowDirect"),
};

/** What all clients of NATS make a store with. */
const madeWith: object = Object.freeze({
  discard: "new",
  allowDirect: true,
});

/** Brings a store into being as it is declared. */
export async function ensureStore(
  { api, session }: Hub,
  store: ObjectStore,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (store.ensure === "never") return;
  const { stream, allChunks, allMeta } = subjectsOf(store.name);
  const there = await api.stream(stream, signal);
  // Sealing has changed its settings, and nobody can change them back.
  if (there?.["sealed"] === true) return;
  const asked = {
    ...store,
    name: stream,
    subjects: [allChunks, allMeta],
    allowRollup: true,
  };
  await ensureStream(api, session.info.version, asked, signal, {
    called: `object store "${store.name}"`,
    fields: storeFields,
    madeWith,
  });
}

/** How what is said of the objects of a store is read. */
export interface StoreReading {
  readonly store: string;
  readonly from: WatchObjectsStart;
  /** How many to ask for beyond what is wanted. By default as many as were taken lately. */
  readonly prefetch?: number | undefined;
  /** Brings the store back. Without it nobody does, and it is lost with the store. */
  readonly restore?: (hub: Hub, signal?: AbortSignal) => Promise<void>;
}

/** Where what is said of the objects of a store is told. */
export function addressOf(store: string): `$O.${string}.M.{object}` {
  return `$O.${store}.M.{object}`;
}

/**
 * Refuses what is no place to begin at.
 *
 * @throws {TypeError} If it is none.
 */
export function checkStart(deed: string, from: unknown): void {
  if (from === "current" || from === "new") return;
  throw new TypeError(
    `Cannot ${deed}: expected from to be "current" or "new", found ${
      JSON.stringify(from)
    }`,
  );
}

/** Reads what is said of the objects of a store, in order. */
export function readStore(
  connection: NatsConnection,
  asked: SubscribeOptions,
  { store, from, prefetch, restore }: StoreReading,
): Promise<OrderedSubscription> {
  const { stream, allMeta } = subjectsOf(store);
  return openReading(
    connection,
    asked,
    `object store "${store}"`,
    from === "new" ? "end" : "lasts",
    (hub) => ({
      stream,
      address: parseAddress(addressOf(store)),
      subjects: [allMeta],
      guarantees: readingGuarantees,
      headersOnly: false,
      prefetch,
      expiresMs: 30_000,
      restore: async (signal) => await restore?.(hub, signal),
      lookAtStream: () => hub.api.lookAt(stream),
      checks: false,
      deliver: (...message) => new ReadDelivery(...message),
    }),
  );
}
