import type { Clock } from "@ruststream/core/contract";
import type { ConnectionOptions, Server } from "@nats-io/nats-core/internal";
import type { Taker } from "./_frames.ts";
import type { TlsSettings } from "./_tls.ts";

/** The transport of one dial, as its connection sees it. */
export interface LinkedTransport {
  /** Bytes that were written and have not left this process. */
  readonly held: number;
  /** Writes one protocol message; false where it cannot leave any more. */
  sendMessage(
    line: string,
    headers: Uint8Array | undefined,
    body: Uint8Array,
  ): boolean;
}

/** What a connection and the transports that the client makes for it know of each other. */
export interface Link {
  readonly clock: Clock;
  /** What TLS needs; undefined where only the server may ask for it. */
  tls: TlsSettings | undefined;
  /** Who takes the messages of a subscription of ours, by its number. */
  readonly takers: Map<number, Taker>;
  /** The transport of the latest dial. */
  transport: LinkedTransport | undefined;
  /** Makes ready what this dial needs: credentials, files. */
  prepare(server: Server): Promise<void>;
  /** Told when bytes have left. */
  onRoom(): void;
  /** Told when a transport has ended: why, and what had not left. */
  onGone(error: Error, unsentBytes: number): void;
}

// The client makes transports without a word about whom for; its options are all that both sides have.
const links = new WeakMap<ConnectionOptions, Link>();

/** Lets transports find the link. */
export function setLink(options: ConnectionOptions, link: Link): void {
  links.set(options, link);
}

/** The link of the connection with these options. */
export function linkOf(options: ConnectionOptions): Link {
  const link = links.get(options);
  if (link !== undefined) return link;
  throw new TypeError(
    "Cannot connect: another connection of the NATS client uses the transport of this module",
  );
}
