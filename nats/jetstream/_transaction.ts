import {
  checkOptions,
  isMessagingError,
  type Message,
  MessagingError,
  onAbort,
  signalOnly,
} from "@ruststream/core/contract";
import { faultOf, notStored, parseAnswer } from "./_api.ts";
import type { Hub } from "./_hub.ts";
import { type Letter, writeLetter } from "./_letter.ts";
import { checkTakenByAny } from "./_taken.ts";
import type { JetStreamTransaction } from "./publisher.ts";

/** Options for {@linkcode StreamTransaction}. */
export interface StreamTransactionOptions {
  readonly hub: Hub;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

// The server's own limit.
const most = 1_000;
const deed = "commit a transaction";
const commitLine = new TextEncoder().encode("Nats-Batch-Commit: 1\r\n\r\n");

/** Messages that are kept here until all of them go out at once. */
export class StreamTransaction implements JetStreamTransaction {
  readonly confirms = "received" as const;
  readonly #options: StreamTransactionOptions;
  readonly #forget: () => void;
  readonly #id: string;
  #letters: Letter[] = [];
  #ended: { readonly how: string; readonly cause?: unknown } | undefined;

  constructor(options: StreamTransactionOptions) {
    const { hub, signal } = options;
    this.#options = options;
    this.#id = hub.session.inbox().split(".").at(-1) ?? "";
    this.#forget = onAbort(
      signal,
      (cause) => this.#end({ how: "its signal was aborted", cause }),
    );
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async publish(
    message: Message,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    const { address } = message;
    const deed = `publish to "${address}" in a transaction`;
    this.#checkOpen(deed);
    checkOptions(deed, options, signalOnly);
    options.signal?.throwIfAborted();
    if (this.#letters.length >= most) {
      throw new MessagingError(
        "too-large",
        `Cannot publish to "${address}" in a transaction: it has ${most} messages already, which is all that a stream takes at once`,
      );
    }
    const ours = [
      ["Nats-Batch-Id", this.#id],
      ["Nats-Batch-Sequence", `${this.#letters.length + 1}`],
    ] as const;
    const { session } = this.#options.hub;
    // Each may be the last of them, which says so.
    const letter = writeLetter(message, ours, session, commitLine.length - 2);
    this.#letters.push({ ...letter, body: letter.body.slice() });
  }

  async commit(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { signal } = options;
    this.#checkOpen(deed);
    checkOptions(deed, options, signalOnly);
    signal?.throwIfAborted();
    const letters = this.#letters;
    this.#end({ how: "it was committed" });
    const last = letters.at(-1);
    if (last === undefined) return;
    const { hub: { session }, timeoutMs } = this.#options;
    await session.ready(deed, timeoutMs, signal);
    for (const { subject, body, headers } of letters.slice(0, -1)) {
      session.send(subject, body, headers === undefined ? {} : { headers });
    }
    await this.#confirm({ ...last, headers: committing(last) }, signal);
  }

  // deno-lint-ignore require-await -- the contract's shape
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end({ how: "it was discarded" });
  }

  async #confirm(
    { subject, body, headers }: Letter,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { hub: { session }, timeoutMs } = this.#options;
    try {
      const msg = await session.ask(subject, body, {
        timeoutMs,
        outlives: true,
        ...(headers !== undefined && { headers }),
        ...(signal !== undefined && { signal }),
      });
      const fault = faultOf(parseAnswer(msg.data));
      if (fault !== undefined) throw notStored(deed, fault);
    } catch (cause) {
      if (!isMessagingError(cause) || !cause.retryable) throw cause;
      if (isMessagingError(cause, "no-responder")) {
        await checkTakenByAny(this.#options.hub, deed, subject);
        throw new MessagingError(
          "no-responder",
          `Cannot ${deed}: nobody answers for "${subject}"`,
          { cause },
        );
      }
      throw new MessagingError(
        "timeout",
        `Cannot ${deed}: its answer was lost, so it may be there or not`,
        { retryable: false, cause },
      );
    }
  }

  #end(ended: { readonly how: string; readonly cause?: unknown }): void {
    if (this.#ended !== undefined) return;
    this.#ended = ended;
    this.#letters = [];
    this.#forget();
  }

  #checkOpen(what: string): void {
    this.#options.hub.checkOpen(what);
    if (this.#ended === undefined) return;
    const { how, cause } = this.#ended;
    throw new MessagingError(
      "closed",
      `Cannot ${what}: ${how}`,
      cause === undefined ? {} : { cause },
    );
  }
}

// The last of them says that it is the last: one more line where the empty line was.
function committing({ headers = new Uint8Array() }: Letter): Uint8Array {
  const longer = new Uint8Array(headers.length - 2 + commitLine.length);
  longer.set(headers.subarray(0, -2));
  longer.set(commitLine, headers.length - 2);
  return longer;
}
