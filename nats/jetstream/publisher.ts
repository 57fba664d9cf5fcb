import type {
  Message,
  Publisher,
  Schedules,
  Transaction,
  Transacts,
} from "@ruststream/core/contract";

/** What must be so for a message to be stored; else its publish rejects with `conflict`. */
export interface PublishExpectation {
  /** The stream that takes it. By default any. */
  readonly stream?: string;
  /** The last sequence of the stream; 0 where it is empty. By default any. */
  readonly lastSequence?: number;
  /** The last sequence of this subject; 0 where there is none. By default any. */
  readonly lastSubjectSequence?: number;
  /** The id of the last message. By default any. */
  readonly lastId?: string;
}

/** Options of one message to a stream. */
export interface JetStreamPublishOptions {
  /** What the stream knows duplicates by, within its duplicate window. By default the message's header `message-id` together with its address, a dead letter's by what its source is known by to its consumer; without that one that nobody else has, where it may be sent again. */
  readonly id?: string;
  /** What must be so. By default nothing. */
  readonly expect?: PublishExpectation;
  /** How long the message lives, in milliseconds, rounded up to seconds. Needs a server of 2.11, and a stream with `allowMessageTtl`. By default as long as the stream keeps it. */
  readonly ttlMs?: number;
  /** What the message takes the place of: all that the stream holds of its subject, or all that it holds. Needs a stream with `allowRollup`. By default of nothing. */
  readonly rollup?: "subject" | "all";
  /** What is added to the counter of the subject, a whole number; the body stays empty, and nothing can be expected. Needs a server of 2.12, and a stream with `allowCounter`. By default there is no counter. */
  readonly increment?: number | bigint;
  /** How long one attempt may take, in milliseconds. By default as the sink says. */
  readonly timeoutMs?: number;
}

/** Where a message was stored. */
export interface JetStreamReceipt {
  /** The stream's name. */
  readonly stream: string;
  /** The message's number in it. */
  readonly sequence: number;
  /** Whether the stream had a message of this id already, and this one is not there again. */
  readonly duplicate: boolean;
  /** What the counter of the subject says now; absent where nothing was added to one. */
  readonly value?: bigint;
}

/**
 * Publishes to streams: resolved means stored.
 *
 * A publish rejects with `refused` where no stream takes the subject, with `conflict` where what it expects is not so, with `overloaded` where the stream is full,
 * with `timeout` where the answer was lost each time: then the message may be there. With `no-responder` where the stream had no leader to the end.
 */
export interface JetStreamPublisher
  extends Publisher<JetStreamPublishOptions, JetStreamReceipt> {
  /** A resolved publish is in the stream. */
  readonly confirms: "stored";
  /** Publishes one message. */
  publish(
    message: Message,
    options?: JetStreamPublishOptions & { readonly signal?: AbortSignal },
  ): Promise<JetStreamReceipt>;
}

/**
 * Messages that a stream takes all, or none. They are kept here until the commit, at most 1,000, and go to one stream.
 *
 * A commit is refused as a whole. Ids and expectations are not for messages of a transaction.
 */
export interface JetStreamTransaction extends Transaction {
  /** A resolved publish was taken, and is in no stream before the commit. */
  readonly confirms: "received";
}

/** Capability of a sink with `atomic`. */
export interface JetStreamTransacts extends Transacts {
  /** Opens a transaction; any number may be open at once. */
  begin(
    options?: { readonly signal?: AbortSignal },
  ): Promise<JetStreamTransaction>;
}

/** Capability of a sink with `schedules`. */
export interface JetStreamSchedules extends Schedules {
  /** Keeps a message in its stream, which publishes it there at that time, to the second. */
  schedule(
    message: Message,
    at: Date,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;
}
