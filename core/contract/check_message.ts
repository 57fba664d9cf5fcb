import { parseAddress } from "./address.ts";
import { MessagingError } from "./errors.ts";
import { headers } from "./headers.ts";
import type { Message } from "./message.ts";

/** What a broker takes, for {@linkcode checkMessage}. */
export interface MessageLimits {
  /** The largest body, in bytes. By default any is taken. */
  readonly maxBodyBytes?: number;
  /**
   * Whether headers travel: as the broker's guarantees say it.
   *
   * @default {true}
   */
  readonly headers?: boolean;
}

// Most addresses are like this, and need no look at each of their tokens.
const plain = /^[\w-]+(?:\.[\w-]+)*$/;

/**
 * Refuses an address that nothing can be sent to.
 *
 * @example A parameter is left
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkAddress } from "@ruststream/core/contract";
 *
 * checkAddress("orders.7");
 * assert.throws(() => checkAddress("orders.{id}"), TypeError);
 * ```
 *
 * @throws {TypeError} If it is not a string, not lawful, or has a parameter left.
 */
export function checkAddress(address: string): void {
  if (typeof address !== "string") {
    throw new TypeError(
      `Cannot publish: expected the address to be a string, found ${typeof address}`,
    );
  }
  if (plain.test(address)) return;
  const { tokens } = parseAddress(address);
  if (tokens.every(({ kind }) => kind === "literal")) return;
  throw new TypeError(
    `Cannot publish to "${address}": it has a parameter left`,
  );
}

/**
 * Refuses a message that a broker cannot take as it is, its address apart: for brokers that know the addresses they have checked.
 *
 * @example One byte too many
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkBody } from "@ruststream/core/contract";
 *
 * const message = { address: "orders", body: new Uint8Array(9) };
 * assert.throws(() => checkBody(message, { maxBodyBytes: 8 }), { code: "too-large" });
 * ```
 *
 * @throws {TypeError} If the body is not bytes, the key not a string, or a header not lawful.
 * @throws {MessagingError} `too-large` for a body beyond the limit, `unsupported` for headers where none travel.
 */
export function checkBody(
  message: Message,
  limits: MessageLimits = {},
): void {
  const { address, body, key } = message;
  if (!(body instanceof Uint8Array)) {
    throw new TypeError(
      `Cannot publish to "${address}": expected the body to be a Uint8Array, found ${typeof body}`,
    );
  }
  const { maxBodyBytes = Infinity } = limits;
  if (body.length > maxBodyBytes) {
    throw new MessagingError(
      "too-large",
      `Cannot publish to "${address}": its body has ${body.length} bytes, at most ${maxBodyBytes} are taken`,
    );
  }
  if (key !== undefined && typeof key !== "string") {
    throw new TypeError(
      `Cannot publish to "${address}": expected the key to be a string, found ${typeof key}`,
    );
  }
  if (message.headers !== undefined) checkHeaders(message, limits);
}

/**
 * Refuses a message that a broker cannot take as it is: what each publish begins with, once the connection is known to be open.
 *
 * @example A lawful one passes, and one with a line end in a header does not
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkMessage, headers } from "@ruststream/core/contract";
 *
 * const message = { address: "orders.7", body: new Uint8Array(8), headers: headers({ trace: "1" }) };
 * checkMessage(message, { maxBodyBytes: 8 });
 * assert.throws(() => checkMessage(message, { headers: false }), { code: "unsupported" });
 * assert.throws(() => checkMessage({ ...message, address: "orders." }), TypeError);
 * ```
 *
 * @throws {TypeError} If the address is not lawful or has a parameter left, the body is not bytes, the key not a string, or a header not lawful.
 * @throws {MessagingError} `too-large` for a body beyond the limit, `unsupported` for headers where none travel.
 */
export function checkMessage(
  message: Message,
  limits: MessageLimits = {},
): void {
  checkAddress(message.address);
  checkBody(message, limits);
}

// Another library may have made them, or another copy of this one.
function checkHeaders(message: Message, limits: MessageLimits): void {
  const fields = headers(message.headers);
  if (limits.headers !== false) return;
  const [first] = fields;
  if (first === undefined) return;
  throw new MessagingError(
    "unsupported",
    `Cannot publish to "${message.address}": it has the header "${
      first[0]
    }", and headers do not travel here`,
  );
}
