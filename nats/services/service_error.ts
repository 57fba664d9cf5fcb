import { coded } from "../service_headers.ts";

/**
 * A failure that whoever asked is told by a code: in the headers of NATS services, and as the code of the `remote` error where the asking is done by this framework.
 *
 * A handler throws it. Anything else that ends a request without a reply is told with the code 500. It is a failure as any other, so where a retry policy allows more than one attempt, whoever asked is told after the last of them.
 *
 * @example What a handler throws
 * ```ts
 * import assert from "node:assert/strict";
 * import { ServiceError } from "@ruststream/nats";
 *
 * const error = new ServiceError(404, "no such invoice");
 * assert.equal(error.code, 404);
 * assert.equal(error.message, "[404] no such invoice");
 * ```
 */
export class ServiceError extends Error {
  /** The same in every copy of this module, where `instanceof` is not. */
  override readonly name = "ServiceError";
  /** What is wrong, as a number: those of HTTP are usual. */
  readonly code: number;
  /** What is wrong, in words. */
  readonly text: string;

  /**
   * Makes one whose message is the code and the text.
   *
   * @throws {RangeError} If the code is not a whole number of at least 1.
   */
  constructor(code: number, text: string, options?: ErrorOptions) {
    super(coded(code, text), options);
    if (!Number.isSafeInteger(code) || code < 1) {
      throw new RangeError(
        `Cannot make an error of a service: expected the code to be a whole number of at least 1, found ${code}`,
      );
    }
    this.code = code;
    this.text = text;
  }
}
