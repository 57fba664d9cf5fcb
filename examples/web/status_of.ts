/**
 * What a broker's failure is in HTTP.
 *
 * @module
 */
import type { ErrorCode, MessagingError } from "@ruststream/core/contract";

/** The statuses that the site answers failures with. */
export type FailureStatus = 400 | 413 | 500 | 502 | 503 | 504;

type Statuses = Readonly<Partial<Record<ErrorCode, FailureStatus>>>;

const both: Statuses = { "timeout": 504, "closed": 503 };

/** What is published is what the client sent. */
const publishing: Statuses = {
  ...both,
  "schema": 400,
  "codec": 400,
  "too-large": 413,
};

/** What is asked always fits, so that what does not is the reply. */
const asking: Statuses = {
  ...both,
  "remote": 502,
  "schema": 502,
  "codec": 502,
};

/** The status of a failed publish or request. What may succeed later is a 503. */
export function statusOf(
  { code, retryable }: MessagingError,
  deed: "publish" | "request",
): FailureStatus {
  const { [code]: status } = deed === "publish" ? publishing : asking;
  return status ?? (retryable ? 503 : 500);
}
