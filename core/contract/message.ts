import type { MessageHeaders } from "./headers.ts";

/** What is sent. Nobody writes into one, its body included. */
export interface Message {
  /** Where it goes: an address without parameters left. */
  readonly address: string;
  /** The bytes. A zero-length body is lawful. */
  readonly body: Uint8Array;
  /** Fields beside the body. Without them there are none. */
  readonly headers?: MessageHeaders;
  /** Ordering key, where the broker has one. Without it the message has no key. */
  readonly key?: string;
}
