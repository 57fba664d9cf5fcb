/**
 * What a broker's failure is in HTTP.
 *
 * @module
 */
import type { ErrorCode, MessagingError } from "@ruststream/core/contract";

/** The statuses that the site answers failures with. */
export type FailureStatus = 400 | 413 | 500 | 502 | 503 | 504;

/** Those that are not told by whether the same may succeed later. */
const statuses: Readonly<Partial<Record<ErrorCode, FailureStatus>>> = {
  "timeout": 504,
  "closed": 503,
  // What is sent is what the client sent.
  "schema": 400,
  "codec": 400,
  "too-large": 413,
  // What came back is of whoever was asked.
  "remote": 502,
  "bad-reply": 502,
};

/** The status of a failed publish or request. What may succeed later is a 503. */
export function statusOf({ code, retryable }: MessagingError): FailureStatus {
  return statuses[code] ?? (retryable ? 503 : 500);
}
