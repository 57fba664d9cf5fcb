import {
  type Awaitable,
  checkOptions,
  type Message,
  MessagingError,
  onAbort,
  signalOnly,
} from "@ruststream/core/contract";
import type { Bus } from "./_bus.ts";
import type { Letter } from "./_delivery.ts";
import type { LetterMaker } from "./_letters.ts";
import type { MemoryTransaction } from "./memory_connection.ts";
import { Parcel } from "./_parcel.ts";
import type { ParkedPublish } from "./_parking.ts";
import type { Opened, Session } from "./_session.ts";

/** Options for {@linkcode BusTransaction}. */
export interface BusTransactionOptions {
  readonly bus: Bus;
  readonly session: Session;
  readonly letters: LetterMaker;
  readonly signal?: AbortSignal | undefined;
}

const commitDeed = "commit a transaction";
const shutDown = "the connection is closed";

/**
 * Messages that nobody sees yet.
 *
 * It ends once, by: its commit, its disposal, its signal, or the connection's shutdown. A commit that fails for another reason leaves it open.
 */
export class BusTransaction implements MemoryTransaction, Opened {
  readonly confirms = "received" as const;
  readonly #options: BusTransactionOptions;
  readonly #forget: () => void;
  #letters: Letter[] = [];
  #committing: ParkedPublish | undefined;
  #ended: { readonly how: string; readonly cause: unknown } | undefined;

  constructor(options: BusTransactionOptions) {
    const { session, signal } = options;
    this.#options = options;
    session.opened.add(this);
    this.#forget = onAbort(signal, (reason) => {
      this.#end("its signal was aborted", reason);
      this.#committing?.end(reason);
    });
  }

  publish(
    message: Message,
    options?: { readonly signal?: AbortSignal },
  ): Awaitable<void> {
    try {
      const deed = `publish to "${message.address}" in a transaction`;
      this.#checkOpen(deed);
      if (options !== undefined) checkOptions(deed, options, signalOnly);
      options?.signal?.throwIfAborted();
      const { bus, letters } = this.#options;
      bus.route(message.address);
      const { capacity } = bus.settings;
      if (this.#letters.length >= capacity) {
        throw new MessagingError(
          "too-large",
          `Cannot publish to "${message.address}" in a transaction: it has ${capacity} messages already, which is all that a queue holds`,
        );
      }
      this.#letters.push(letters.make(message));
      return undefined;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async commit(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { bus, session } = this.#options;
    this.#checkOpen(commitDeed);
    checkOptions(commitDeed, options, signalOnly);
    options.signal?.throwIfAborted();
    const now = session.clock.now();
    const lots = this.#letters.map((letter) => {
      letter.publishedAtMs = now;
      return { letter, queues: bus.route(letter.message.address) };
    });
    const parcel = new Parcel(commitDeed, lots);
    if (!bus.putAll(parcel)) {
      this.#committing = bus.park(parcel, session, options.signal);
      try {
        await this.#committing.promise;
      } finally {
        this.#committing = undefined;
      }
    }
    this.#end("it was committed");
  }

  /** The connection shuts down. A commit that waits is ended by it too. */
  end(): void {
    this.#end(shutDown);
  }

  // deno-lint-ignore require-await -- the contract's shape
  async [Symbol.asyncDispose](): Promise<void> {
    // One that was let in just now is committed, although who called does not know it yet.
    if (this.#committing?.done) return;
    this.#end("it was discarded");
    this.#committing?.end(
      new MessagingError(
        "closed",
        `Cannot ${commitDeed}: it was discarded meanwhile`,
      ),
    );
  }

  #end(how: string, cause?: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { how, cause };
    this.#letters = [];
    this.#options.session.opened.delete(this);
    this.#forget();
  }

  #checkOpen(deed: string): void {
    const { how, cause } = this.#options.session.closed
      ? { how: shutDown, cause: undefined }
      : this.#ended ?? { how: undefined, cause: undefined };
    const found = this.#committing === undefined
      ? how
      : "it is being committed";
    if (found === undefined) return;
    throw new MessagingError(
      "closed",
      `Cannot ${deed}: ${found}`,
      cause === undefined ? {} : { cause },
    );
  }
}
