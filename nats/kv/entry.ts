import type { MessagingError } from "@ruststream/core/contract";

/** A key was given a value. */
export interface PutChange<T> {
  /** What was done. */
  readonly operation: "put";
  /** The value. */
  readonly value: T;
}

/** A key was deleted: what it was stays in its history. Or purged: that is gone too; also where its time was over. */
export interface RemovedChange {
  /** What was done. */
  readonly operation: "delete" | "purge";
}

/** What was done to a key: it has a value, or has none any more. */
export type BucketChange<T> = PutChange<T> | RemovedChange;

/** Where in a bucket something was written. */
export interface EntryPlace {
  /** The key. */
  readonly key: string;
  /** Its number: all that is written to a bucket is counted, over all keys. */
  readonly revision: number;
  /** When the server stored it. */
  readonly at: Date;
}

/** What was done to a key, and where that stands. */
export type BucketEntry<T> = BucketChange<T> & EntryPlace;

/** A value that cannot be read: its bytes are not what the bucket's codec and schema say. */
export interface UnreadableEntry extends EntryPlace {
  /** That it cannot be read. */
  readonly operation: "unreadable";
  /** Why: `codec` or `schema`. */
  readonly error: MessagingError;
}

/** All that there was at the beginning has come; from here on all is news. Comes once, in an empty bucket too. */
export interface CaughtUp {
  /** That it has caught up. */
  readonly operation: "caught-up";
}

/** What a watch brings. */
export type WatchedEntry<T> = BucketEntry<T> | UnreadableEntry | CaughtUp;
