import type { Ensure, StreamPlacement } from "../jetstream/stream_options.ts";

/** Options for {@linkcode objectStore}. */
export interface ObjectStoreOptions {
  /**
   * What brings it into being.
   *
   * @default {"create"}
   */
  readonly ensure?: Ensure;
  /** For people. By default nothing. */
  readonly description?: string;
  /** How long an object stays, in milliseconds, at least 100. By default without end. */
  readonly ttlMs?: number;
  /** The most bytes; what would be more is refused. By default without end. */
  readonly maxBytes?: number;
  /**
   * Where it is kept.
   *
   * @default {"file"}
   */
  readonly storage?: "file" | "memory";
  /**
   * How many copies a cluster keeps.
   *
   * @default {1}
   */
  readonly replicas?: number;
  /** Where its copies live. By default where the server likes. */
  readonly placement?: StreamPlacement;
  /**
   * How it is packed on disk. Needs a server of 2.10.
   *
   * @default {"none"}
   */
  readonly compression?: "none" | "s2";
  /** Names and values for people and tools. Needs a server of 2.10. By default none. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** An object store, declared: plain data, and frozen. */
export interface ObjectStore extends ObjectStoreOptions {
  /** Its name: letters, digits, `-` and `_`. */
  readonly name: string;
}
