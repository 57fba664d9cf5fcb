/** Why an operation failed. Codes are added in minor versions and never renamed. */
export type ErrorCode =
  | "connection"
  | "closed"
  | "timeout"
  | "refused"
  | "denied"
  | "too-large"
  | "conflict"
  | "no-responder"
  | "remote"
  | "bad-reply"
  | "codec"
  | "schema"
  | "settled"
  | "overloaded"
  | "unsupported";

/** Options for {@linkcode MessagingError}. */
export interface MessagingErrorOptions extends ErrorOptions {
  /**
   * Whether the same call may succeed later.
   *
   * @default {true for `connection`, `timeout`, `no-responder` and `overloaded`}
   */
  readonly retryable?: boolean;
}

const retryableCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "connection",
  "timeout",
  "no-responder",
  "overloaded",
]);

/**
 * What the world did wrong: `code` says what, `cause` holds what lay beneath.
 *
 * A caller's mistake is a `TypeError` or a `RangeError` instead, and cancelling rejects with the signal's own reason.
 *
 * @example The code tells errors apart
 * ```ts
 * import assert from "node:assert/strict";
 * import { MessagingError } from "@ruststream/core/contract";
 *
 * const error = new MessagingError("overloaded", 'Cannot publish to "orders": its queue is full');
 * assert.equal(error.code, "overloaded");
 * assert.equal(error.retryable, true);
 * ```
 */
export class MessagingError extends Error {
  /** The same in every copy of this module, where `instanceof` is not. */
  override readonly name = "MessagingError";
  /** Why it failed. */
  readonly code: ErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  /** `message` says what could not be done, to what, a colon, and what was found. */
  constructor(
    code: ErrorCode,
    message: string,
    options: MessagingErrorOptions = {},
  ) {
    super(message, options);
    this.code = code;
    this.retryable = options.retryable ?? retryableCodes.has(code);
  }
}

/**
 * Says whether a value is a {@linkcode MessagingError}, also one of another copy of this module.
 *
 * @example Told by name and code
 * ```ts
 * import assert from "node:assert/strict";
 * import { isMessagingError, MessagingError } from "@ruststream/core/contract";
 *
 * const error: unknown = new MessagingError("closed", "Cannot publish: the connection is closed");
 * assert.equal(isMessagingError(error, "closed"), true);
 * assert.equal(isMessagingError(error, "timeout"), false);
 * ```
 *
 * @param value Anything, mostly what was caught.
 * @param code The only code that is meant. Without it any is.
 */
export function isMessagingError(
  value: unknown,
  code?: ErrorCode,
): value is MessagingError {
  return value instanceof Error && value.name === "MessagingError" &&
    "code" in value && (code === undefined || value.code === code);
}
