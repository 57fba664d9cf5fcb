import type { Wire } from "../jetstream/parts.ts";
import type { ObjectStoreStatus } from "./types.ts";

/** What somebody set; undefined where nothing was, as the server says that. */
function given<T>(value: unknown): T | undefined {
  const nothing = value === "" || (typeof value === "number" && value <= 0);
  return nothing ? undefined : value as T | undefined;
}

// The server writes down there what it is itself.
function usersOf(
  metadata: unknown,
): Readonly<Record<string, string>> | undefined {
  const users = Object.entries((metadata ?? {}) as Record<string, string>)
    .filter(([name]) => !name.startsWith("_nats."));
  return users.length === 0
    ? undefined
    : Object.freeze(Object.fromEntries(users));
}

/** What the server says of the stream of a store, in our words. */
export function statusOf(
  store: string,
  stream: string,
  answer: Wire,
): ObjectStoreStatus {
  const config = answer["config"] as Wire;
  const { bytes } = answer["state"] as { readonly bytes: number };
  const description = given<string>(config["description"]);
  const maxAge = given<number>(config["max_age"]);
  const maxBytes = given<number>(config["max_bytes"]);
  const metadata = usersOf(config["metadata"]);
  return Object.freeze({
    store,
    stream,
    bytes,
    madeAt: new Date(answer["created"] as string),
    ...(description !== undefined && { description }),
    ...(maxAge !== undefined && { ttlMs: maxAge / 1_000_000 }),
    ...(maxBytes !== undefined && { maxBytes }),
    storage: config["storage"] as "file" | "memory",
    replicas: config["num_replicas"] as number,
    compression: config["compression"] === "s2" ? "s2" : "none",
    sealed: config["sealed"] === true,
    ...(metadata !== undefined && { metadata }),
  });
}
