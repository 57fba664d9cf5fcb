import {
  checkAddress,
  checkBody,
  type Message,
  MessagingError,
} from "@ruststream/core/contract";
import { keyHeader } from "./keys.ts";
import type { Session } from "./session.ts";
import { wireHeaders } from "./wire_headers.ts";

// The server ends a connection for a control line of more than 4,096 bytes; numbers and a reply address need some of it.
const longestAddressBytes = 3_900;
const encoder = new TextEncoder();

/**
 * Refuses an address that is too long for the protocol.
 *
 * @throws {MessagingError} `too-large`, if it is.
 */
export function checkLength(address: string, deed: string): void {
  if (address.length * 3 <= longestAddressBytes) return;
  const { length } = encoder.encode(address);
  if (length <= longestAddressBytes) return;
  throw new MessagingError(
    "too-large",
    `Cannot ${deed}: the address has ${length} bytes, at most ${longestAddressBytes} are taken`,
  );
}

/** Checks messages, and makes their headers ready to be sent. */
export class Outgoing {
  readonly #session: Session;
  // Most publishers send to one address: it need not be looked at each time.
  #checked: string | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * The headers of a message that can be sent.
   *
   * @throws {TypeError} If it is not lawful.
   * @throws {MessagingError} `too-large`, or `unsupported` for headers that the server does not carry.
   */
  check(message: Message): Uint8Array | undefined {
    const { address } = message;
    if (address !== this.#checked) {
      checkAddress(address);
      checkLength(address, `publish to "${address.slice(0, 80)}"`);
      this.#checked = address;
    }
    const { info } = this.#session;
    const maxBodyBytes = info?.max_payload ?? Infinity;
    checkBody(message, {
      maxBodyBytes,
      headers: info?.headers !== false,
    });
    if (message.headers === undefined && message.key === undefined) {
      return undefined;
    }
    return this.#headers(message, maxBodyBytes);
  }

  #headers(
    { address, body, headers, key }: Message,
    most: number,
  ): Uint8Array | undefined {
    const fields = [...headers ?? []];
    if (key !== undefined) fields.push([keyHeader, key]);
    if (fields.length === 0) return undefined;
    const bytes = wireHeaders(fields);
    if (bytes.length + body.length <= most) return bytes;
    throw new MessagingError(
      "too-large",
      `Cannot publish to "${address}": its headers and body have ${
        bytes.length + body.length
      } bytes, at most ${most} are taken`,
    );
  }
}
