import type { AddressPattern } from "./address.ts";
import type { Message } from "./message.ts";

/** A message as its broker keeps it: nobody's delivery, with nothing to settle. */
export interface KeptMessage {
  /** Tells it from all others that are kept of its address, for as long as it is kept: text that survives being written down. */
  readonly id: string;
  /** What was sent. */
  readonly message: Message;
  /** When the broker took the message, where it says so. */
  readonly publishedAt?: Date;
}

/** Options of what is done with kept messages. */
export interface KeptOptions {
  /** Gives up when aborted. By default only the connection's end does. */
  readonly signal?: AbortSignal;
}

/** Options for {@linkcode Keeps.keep}. */
export interface KeepOptions extends KeptOptions {
  /** What the broker is to know the message by: of two with one id it keeps the first, where it drops what it knows already. By default the broker decides. */
  readonly dedupeId?: string;
}

/**
 * What a broker keeps of the addresses of one pattern.
 *
 * 1. Looking disturbs nobody: no delivery is taken, settled, counted or held up by it.
 * 2. An id is never that of another message.
 * 3. What was removed is gone for every connection once that resolves. A subscription that has the message in hand keeps its delivery.
 * 4. After shutdown everything rejects with `closed`. An abort rejects with the signal's reason; what was begun may still be done.
 */
export interface KeptMessages {
  /** The messages that are kept at this moment, the oldest first, each once; then it closes. What is published later does not come, what is removed meanwhile may still. Nothing is read ahead; cancelling ends it. It never throws synchronously. */
  read(options?: KeptOptions): ReadableStream<KeptMessage>;
  /** How many there are. */
  count(options?: KeptOptions): Promise<number>;
  /** Removes one that was read; resolves with false where it is not there any more, so that of two at once one has removed it. */
  remove(kept: KeptMessage, options?: KeptOptions): Promise<boolean>;
  /** Removes those that are kept at this moment, and resolves with how many they were. What is published later stays. */
  purge(options?: KeptOptions): Promise<number>;
}

/** Capability: what the broker keeps can be looked through, and removed. `R`: what it answers to a message that it keeps. */
export interface Keeps<R = unknown> {
  /** Finds what keeps the addresses of a pattern. Rejects with `unsupported` where the broker keeps nothing as it is set up, with `refused` where nothing keeps this address. */
  kept(address: AddressPattern, options?: KeptOptions): Promise<KeptMessages>;
  /** Publishes a message, and resolves once it is kept. Rejects with `unsupported` or `refused` where nothing would keep it. */
  keep(message: Message, options?: KeepOptions): Promise<R>;
}
