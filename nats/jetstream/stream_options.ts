/** How a stream, or a consumer, is brought into being. */
export type Ensure =
  /** Made where it is missing; where it is there, it must be as declared. */
  | "create"
  /** Made where it is missing; where it differs, changed. */
  | "update"
  /** It must be there, as declared. */
  | "check"
  /** Nobody looks: what is declared of it is ignored. */
  | "never";

/** A subject's rewriting: `{{wildcard(1)}}` and `{{partition(n,1)}}` stand in the destination. */
export interface SubjectTransform {
  /** What is rewritten. */
  readonly from: string;
  /** What it becomes. */
  readonly to: string;
}

/** Where a stream's copies live. */
export interface StreamPlacement {
  /** The cluster's name. By default that of the connection. */
  readonly cluster?: string;
  /** What its servers must be tagged with. By default nothing. */
  readonly tags?: readonly string[];
}

/** Another stream that is copied from. */
export interface StreamOrigin {
  /** Its name. */
  readonly name: string;
  /** The first sequence that is copied. By default the first there is. */
  readonly startSequence?: number;
  /** The first time that is copied. By default the first there is. */
  readonly startTime?: Date;
  /** Which of its subjects. By default all. */
  readonly filter?: string;
  /** Rewrites subjects. Needs a server of 2.10. By default none is. */
  readonly transforms?: readonly SubjectTransform[];
  /** The JetStream domain that it is in. By default this one. */
  readonly domain?: string;
}

/** What is published again on core subjects. */
export interface StreamRepublish extends SubjectTransform {
  /**
   * Whether only headers are.
   *
   * @default {false}
   */
  readonly headersOnly?: boolean;
}

/** What a stream's consumers may ask for. Needs a server of 2.10. */
export interface StreamConsumerLimits {
  /** The longest that a consumer may be unused, in milliseconds. By default without end. */
  readonly inactiveThresholdMs?: number;
  /** The most deliveries that may be unsettled. By default without end. */
  readonly maxAckPending?: number;
}

/**
 * A stream, declared: what the server knows of it, in our words and units. What is left out is the server's to choose, and is not compared.
 *
 * A setting that the server does not know fails the start: by its version, and by comparing what it keeps with what was asked.
 */
export interface StreamOptions {
  /** Its name: no space, dot, wildcard or slash. */
  readonly name: string;
  /**
   * What brings it into being.
   *
   * @default {"create"}
   */
  readonly ensure?: Ensure;
  /** For people. By default nothing. */
  readonly description?: string;
  /** What it takes, wildcards `*` and `>` allowed. By default its own name; none for a mirror. */
  readonly subjects?: readonly string[];
  /**
   * What is kept: all within the limits, what some consumer has not acked, or what no consumer has.
   *
   * @default {"limits"}
   */
  readonly retention?: "limits" | "interest" | "workqueue";
  /**
   * Where it is kept.
   *
   * @default {"file"}
   */
  readonly storage?: "file" | "memory";
  /**
   * What goes when it is full: the oldest, or what is new.
   *
   * @default {"old"}
   */
  readonly discard?: "old" | "new";
  /**
   * Whether `discard: "new"` also holds for each subject.
   *
   * @default {false}
   */
  readonly discardNewPerSubject?: boolean;
  /** The most consumers. By default without end. */
  readonly maxConsumers?: number;
  /** The most messages. By default without end. */
  readonly maxMessages?: number;
  /** The most messages of one subject. By default without end. */
  readonly maxMessagesPerSubject?: number;
  /** The most bytes. By default without end. */
  readonly maxBytes?: number;
  /** The oldest that a message gets, in milliseconds. By default without end. */
  readonly maxAgeMs?: number;
  /** The largest message, in bytes. By default what the server takes. */
  readonly maxMessageBytes?: number;
  /**
   * How many copies a cluster keeps.
   *
   * @default {1}
   */
  readonly replicas?: number;
  /**
   * Whether publishes are not confirmed.
   *
   * @default {false}
   */
  readonly noAck?: boolean;
  /**
   * How long ids of messages are remembered, in milliseconds.
   *
   * @default {120_000}
   */
  readonly duplicateWindowMs?: number;
  /**
   * Whether nothing can be added or removed any more.
   *
   * @default {false}
   */
  readonly sealed?: boolean;
  /**
   * Whether single messages cannot be deleted.
   *
   * @default {false}
   */
  readonly denyDelete?: boolean;
  /**
   * Whether it cannot be purged.
   *
   * @default {false}
   */
  readonly denyPurge?: boolean;
  /**
   * Whether a message may replace those before it.
   *
   * @default {false}
   */
  readonly allowRollup?: boolean;
  /**
   * Whether messages can be read from any copy.
   *
   * @default {false}
   */
  readonly allowDirect?: boolean;
  /**
   * Whether a mirror answers for its origin.
   *
   * @default {false}
   */
  readonly mirrorDirect?: boolean;
  /** The stream that this one is a copy of. By default none. */
  readonly mirror?: StreamOrigin;
  /** The streams that flow into this one. By default none. */
  readonly sources?: readonly StreamOrigin[];
  /** What is published again. By default nothing. */
  readonly republish?: StreamRepublish;
  /** Where its copies live. By default where the server likes. */
  readonly placement?: StreamPlacement;
  /** Names and values for people and tools. Needs a server of 2.10. By default none. */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * How it is packed on disk. Needs a server of 2.10.
   *
   * @default {"none"}
   */
  readonly compression?: "none" | "s2";
  /** Rewrites the subjects of what comes in. Needs a server of 2.10. By default none is. */
  readonly subjectTransform?: SubjectTransform;
  /** The first sequence of a new stream. Needs a server of 2.10. By default 1. */
  readonly firstSequence?: number;
  /** What its consumers may ask for. Needs a server of 2.10. By default anything. */
  readonly consumerLimits?: StreamConsumerLimits;
  /**
   * Whether a message may have a time to live of its own. Needs a server of 2.11.
   *
   * @default {false}
   */
  readonly allowMessageTtl?: boolean;
  /** How long a marker stays where the last message of a subject expired, in milliseconds. Needs a server of 2.11. By default there is none. */
  readonly deleteMarkerTtlMs?: number;
  /**
   * Whether it takes transactions. Needs a server of 2.12.
   *
   * @default {false}
   */
  readonly allowAtomic?: boolean;
  /**
   * Whether it takes messages for later. Needs a server of 2.12.
   *
   * @default {false}
   */
  readonly allowSchedules?: boolean;
  /**
   * Whether its subjects are counters. Needs a server of 2.12.
   *
   * @default {false}
   */
  readonly allowCounter?: boolean;
  /**
   * Whether a publish is confirmed when it is on disk, or before. Needs a server of 2.12.
   *
   * @default {"default"}
   */
  readonly persistMode?: "default" | "async";
  /**
   * Whether it takes fast batches. Needs a server of 2.14.
   *
   * @default {false}
   */
  readonly allowBatched?: boolean;
}
