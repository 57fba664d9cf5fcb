import type { HeadersInput, MessageHeaders } from "@ruststream/core/contract";
import type { ObjectStore } from "./store_options.ts";

/** What may be put: bytes as they are, a file, or a stream of bytes that is read as fast as the server stores. */
export type ObjectBody = Uint8Array | Blob | ReadableStream<Uint8Array>;

/** Options of what is done with objects. */
export interface ObjectOptions {
  /** Gives up when aborted, and rejects with the signal's reason. By default only the connection's end does. */
  readonly signal?: AbortSignal;
}

/** What is said of an object beside its body. */
export interface ObjectNotes {
  /** For people. By default nothing. */
  readonly description?: string;
  /** Fields beside the body. By default none. */
  readonly headers?: HeadersInput;
  /** Names and values for people and tools. By default none. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Options for {@linkcode Objects.put}. */
export interface ObjectPutOptions extends ObjectNotes, ObjectOptions {
  /**
   * How many bytes are stored as one message. The server's `max_payload` bounds it.
   *
   * @default {131_072}
   */
  readonly chunkBytes?: number;
}

/** What {@linkcode Objects.update} changes; what is left out stays as it is. */
export interface ObjectChanges extends ObjectNotes {
  /** Another name, which no object may have. By default it keeps its own. */
  readonly name?: string;
}

/** Where a link leads: to an object, or to a whole store. */
export interface ObjectLink {
  /** The store. By default the one that the link is in. */
  readonly store?: string;
  /** The object. Without it the link leads to the store itself. */
  readonly name?: string;
}

/** What a store says of an object. Plain data, and frozen. */
export interface ObjectInfo {
  /** The store that it is in. */
  readonly store: string;
  /** Its name: any text but an empty one. */
  readonly name: string;
  /** For people; empty where there is none. */
  readonly description: string;
  /** Fields beside the body. */
  readonly headers: MessageHeaders;
  /** Names and values for people and tools. */
  readonly metadata: Readonly<Record<string, string>>;
  /** How many bytes its body has. */
  readonly sizeBytes: number;
  /** How many messages hold them. */
  readonly chunks: number;
  /** What its body adds up to, as `SHA-256=` and Base64; empty of a link. */
  readonly digest: string;
  /** When it was put, or was last changed. */
  readonly at: Date;
  /** The number of its last change in the stream of the store. */
  readonly revision: number;
  /** Where it leads, if it is a link. */
  readonly link?: ObjectLink;
}

/** An object that is read. */
export interface ObjectReading {
  /** What is read; of a link, what that leads to. */
  readonly info: ObjectInfo;
  /**
   * Its bytes, not read ahead of whoever reads by more than 2 MiB, or one chunk where that is more.
   *
   * It ends after the last byte, once size and digest are seen to be right. Else it errors: with `bad-reply` where a chunk is missing or is not as it was stored; with `conflict` where the object was replaced or deleted meanwhile; with `closed` after shutdown; with the signal's reason. A lost connection is waited for, half a minute at most.
   */
  readonly body: ReadableStream<Uint8Array>;
  /**
   * Reads all of the body. Once, and instead of `body`.
   *
   * @throws {TypeError} If the body is being read already.
   */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
}

/** What happens to the objects of a store. */
export type ObjectChange =
  | {
    /** An object was put, linked or changed; or was there when the watching began. */
    readonly operation: "put";
    /** What it is now. */
    readonly info: ObjectInfo;
  }
  | {
    /** An object was deleted, or has another name now. */
    readonly operation: "delete";
    /** What it was called. */
    readonly name: string;
    /** The number of its deletion in the stream of the store. */
    readonly revision: number;
    /** When the server stored that. */
    readonly at: Date;
  }
  | {
    /** All that was there when the watching began has been told. Comes once, of an empty store too. */
    readonly operation: "caught-up";
  };

/** Where the watching of a store begins: with the objects that are there, or with what changes from now on. */
export type WatchObjectsStart = "current" | "new";

/** Options for {@linkcode Objects.watch}. */
export interface ObjectWatchOptions extends ObjectOptions {
  /**
   * Where to begin.
   *
   * @default {"current"}
   */
  readonly from?: WatchObjectsStart;
}

/** What the server says of a store. */
export interface ObjectStoreStatus {
  /** The store's name. */
  readonly store: string;
  /** The name of the stream that it is. */
  readonly stream: string;
  /** How many bytes it takes, with all that is said of the objects. */
  readonly bytes: number;
  /** When it was made. */
  readonly madeAt: Date;
  /** For people. Absent where nothing is said. */
  readonly description?: string;
  /** How long an object stays, in milliseconds. Absent where without end. */
  readonly ttlMs?: number;
  /** The most bytes. Absent where without end. */
  readonly maxBytes?: number;
  /** Where it is kept. */
  readonly storage: "file" | "memory";
  /** How many copies a cluster keeps. */
  readonly replicas: number;
  /** How it is packed on disk. */
  readonly compression: "none" | "s2";
  /** Whether nothing can be changed any more. */
  readonly sealed: boolean;
  /** Names and values for people and tools. Absent where there are none. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The objects of one store. It holds nothing open, and ends with its connection: afterwards all reject with `closed`.
 *
 * A name is any text that is not empty, of at most 2,048 bytes. What the server refuses, a sealed store above all, rejects with `refused`, what it has no room for with `overloaded`.
 */
export interface Objects {
  /** What it was opened as. */
  readonly store: ObjectStore;
  /**
   * Stores an object, in place of the one that has its name, and resolves once all of it is there.
   *
   * The source is read as fast as the server stores, with 2 MiB on their way at most, or one chunk where that is more; a lost connection is waited for, half a minute at most. Where the source errors, the signal is aborted, or the server refuses, the source is cancelled, what was stored is removed, and an older object of that name is whole. Of several puts of one name at once each ends in a whole object, and the last one stays.
   *
   * @throws {TypeError} If the name is empty, an option unknown, or the body gives something other than bytes.
   * @throws {RangeError} If the name is too long or `chunkBytes` out of range.
   */
  put(
    name: string,
    body: ObjectBody,
    options?: ObjectPutOptions,
  ): Promise<ObjectInfo>;
  /** Begins to read an object, following links; `undefined` where there is none of that name. Nothing is fetched before the body is read. A link to a store rejects with `refused`. */
  read(
    name: string,
    options?: ObjectOptions,
  ): Promise<ObjectReading | undefined>;
  /** What is known of an object, of a link that itself; `undefined` where there is none of that name. */
  info(name: string, options?: ObjectOptions): Promise<ObjectInfo | undefined>;
  /**
   * The objects that are there when it is first read, links too, each once; then it closes.
   *
   * @throws {TypeError} If an option is unknown.
   */
  list(options?: ObjectOptions): ReadableStream<ObjectInfo>;
  /** Deletes an object, and resolves with whether there was one. */
  delete(name: string, options?: ObjectOptions): Promise<boolean>;
  /** What is there, that this was all, and what changes, in order. Resolves once no later change can be missed. It goes on over lost connections and servers where it was; of what changed twice before it was read, the last is told. Cancelling ends it; a shutdown errors it with `closed`, an abort with the signal's reason. */
  watch(options?: ObjectWatchOptions): Promise<ReadableStream<ObjectChange>>;
  /** Makes a name that leads to an object or a store. Rejects with `conflict` where an object has that name; with `refused` where what it leads to is not there, is deleted, or is a link. */
  link(
    name: string,
    to: ObjectLink,
    options?: ObjectOptions,
  ): Promise<ObjectInfo>;
  /** Changes what is said of an object, or its name; its body stays. Rejects with `refused` where there is none; with `conflict` where the other name is taken, or the object was replaced meanwhile. */
  update(
    name: string,
    changes: ObjectChanges,
    options?: ObjectOptions,
  ): Promise<ObjectInfo>;
  /** Lets nothing be put, changed or deleted any more. There is no way back. A second time is the same as once. */
  seal(options?: ObjectOptions): Promise<void>;
  /** What the server says of the store. */
  status(options?: ObjectOptions): Promise<ObjectStoreStatus>;
}
