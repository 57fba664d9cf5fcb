import type { ConsumerConfig } from "./consumer_shape.ts";
import type { Packet } from "./packet.ts";
import type { Router } from "./router.ts";
import type { Store, Stored } from "./store.ts";
import type { StreamConfig } from "./stream_config.ts";
import type { ServerTime } from "./time.ts";
import type { Version } from "./versions.ts";

/** What the parts of a server need of it. */
export interface Host {
  readonly version: Version;
  readonly time: ServerTime;
  readonly router: Router;
  /** Publishes something of its own. */
  publish(packet: Packet): void;
  /** Answers with a status. */
  say(to: string, headers: Uint8Array): void;
}

/** What the parts of a stream need of it. */
export interface StreamView {
  readonly server: Host;
  readonly config: StreamConfig;
  readonly store: Store;
  readonly consumers: ReadonlyMap<string, ConsumerView>;
  /** Whether it takes messages of a subject. */
  takes(subject: string): boolean;
  /**
   * Refuses what does not fit.
   *
   * @throws {Fault} If it does not.
   */
  checkRoom(packet: Packet): void;
  /** Stores a message, and returns its sequence. */
  put(packet: Packet, ttlMs?: number): number;
  /** Removes a message; false where there is none. */
  remove(sequence: number): boolean;
  /** Removes all of a filter before a sequence but the last few, and returns how many those were. */
  purge(
    which: {
      readonly filter?: string;
      readonly seq?: number;
      readonly keep?: number;
    },
  ): number;
  /** A consumer has no more use for a message. */
  done(sequence: number): void;
  /** Nobody has asked for a consumer for too long. */
  abandon(name: string): void;
}

/** What a stream needs of its consumers. */
export interface ConsumerView {
  readonly name: string;
  readonly config: ConsumerConfig;
  /** Whether it reads messages of a subject. */
  wants(subject: string): boolean;
  /** Whether it has not had a message, or has not had it settled. */
  needs(stored: Stored): boolean;
  /** A message was stored. */
  stored(stored: Stored): void;
  /** A message was removed. */
  removed(stored: Stored): void;
  /** All messages were removed. */
  purged(): void;
  /** It is no more. */
  end(): void;
}
