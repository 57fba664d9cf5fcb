import type { MessageHeaders } from "../contract/headers.ts";
import type { TestOutcome } from "./test_event.ts";

/** One attempt of one delivery, as a handler saw it. Plain data. */
export interface Attempt<Payload = unknown> {
  /** What the handler was called with; undefined where it was not called. */
  readonly payload: Payload;
  /** Where the message was sent. */
  readonly address: string;
  /** The parameters of that address. */
  readonly params: Readonly<Record<string, string>>;
  /** The headers as they came. */
  readonly headers: MessageHeaders;
  /** The ordering key, where the message has one. */
  readonly key: string | undefined;
  /** The body as it came. */
  readonly body: Uint8Array;
  /** 1 for the first. */
  readonly attempt: number;
  /** How it ended; undefined while it has not. */
  readonly outcome: TestOutcome | undefined;
}

/** One call of a handler. Plain data. */
export interface HandlerCall<Payload = unknown> {
  /** What it was called with; of a batch, the payloads of its elements. */
  readonly payload: Payload;
  /** When, in milliseconds since the epoch, by the clock of the test. */
  readonly at: number;
  /** What it was about: one delivery, or those of a batch. */
  readonly attempts: readonly Attempt[];
  /** What it threw; undefined where it has not. */
  readonly error: unknown;
}

/** An attempt whose outcome is not known yet. */
export interface OpenAttempt extends Attempt {
  outcome: TestOutcome | undefined;
}

/** A call that may not have ended. */
export interface OpenCall extends HandlerCall {
  readonly attempts: readonly OpenAttempt[];
  error: unknown;
  /** It returned, and what that was is no retry. */
  wentWell: boolean;
}
