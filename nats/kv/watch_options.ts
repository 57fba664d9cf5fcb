/** Where a watch begins: with the value that each key has, with all that is kept, behind all of it, or with a revision. */
export type WatchStart =
  | "current"
  | "history"
  | "new"
  | { readonly revision: number };

/** Options for {@linkcode KeyValue.watch}. */
export interface WatchOptions {
  /**
   * Where it begins.
   *
   * @default {"current"}
   */
  readonly from?: WatchStart;
  /**
   * Whether values come too, and not keys alone.
   *
   * @default {true}
   */
  readonly values?: boolean;
  /**
   * Whether it is told of keys that are deleted or purged.
   *
   * @default {true}
   */
  readonly removals?: boolean;
  /** Errors the stream with its reason when aborted. By default only cancelling ends it. */
  readonly signal?: AbortSignal;
}
