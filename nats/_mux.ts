import { MessagingError, onAbort } from "@ruststream/core/contract";
import type { Msg } from "@nats-io/nats-core";
import type { Deadlines, Waiting } from "./deadlines.ts";

/** Who waits for replies. */
export interface Asker extends Waiting {
  /** A reply came. */
  answer(msg: Msg): void;
  /** It ends with an error: the connection is gone. */
  end(reason: unknown): void;
  /** What cannot be done then, in words. */
  readonly deed: string;
  /** Where the request went. */
  readonly subject: string;
  /** Whether a shutdown waits for it. */
  readonly outlives: boolean;
}

/** Whether a message is the server's word that nobody listens. */
export function nobodyListens(msg: Msg): boolean {
  return msg.data.length === 0 && msg.headers?.code === 503;
}

/** That nobody listens. */
export function noResponder(deed: string): MessagingError {
  return new MessagingError(
    "no-responder",
    `Cannot ${deed}: nobody is subscribed to it`,
  );
}

/** One request that waits for one reply. Ends by the reply, its time, its signal, or the connection's end. */
export class OneReply implements Asker {
  readonly promise: Promise<Msg>;
  readonly deed: string;
  readonly subject: string;
  readonly outlives: boolean;
  readonly #resolve: (msg: Msg) => void;
  readonly #reject: (reason: unknown) => void;
  #leave: () => void = () => {};

  constructor(subject: string, deed: string, outlives = false) {
    const { promise, resolve, reject } = Promise.withResolvers<Msg>();
    this.outlives = outlives;
    this.promise = promise;
    this.subject = subject;
    this.deed = deed;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  answer(msg: Msg): void {
    this.#leave();
    if (nobodyListens(msg)) this.#reject(noResponder(this.deed));
    else this.#resolve(msg);
  }

  end(reason: unknown): void {
    this.#leave();
    this.#reject(reason);
  }

  late(): void {
    this.end(
      new MessagingError(
        "timeout",
        `Cannot ${this.deed}: no reply came in time`,
      ),
    );
  }

  /** Begins to wait. `leave` is called once it has ended. */
  begin(
    deadlines: Deadlines,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    leave: () => void,
  ): void {
    const stop = deadlines.add(this, timeoutMs);
    let forget = (): void => {};
    this.#leave = () => {
      stop();
      forget();
      leave();
    };
    forget = onAbort(signal, (reason) => this.end(reason));
  }
}

/** All open requests of a connection, by the last token of the address that their replies go to. */
export class Mux {
  readonly #prefix: string;
  readonly #askers = new Map<string, Asker>();
  #count = 0;
  #rested: (() => void) | undefined;

  /** `prefix` is what the addresses begin with, and nobody else's do. */
  constructor(prefix: string) {
    this.#prefix = `${prefix}.`;
  }

  /** What to subscribe to for the replies. */
  get subject(): string {
    return `${this.#prefix}*`;
  }

  /** Adds one; gives where its replies go, and what takes it out. */
  add(asker: Asker): { readonly replyTo: string; readonly leave: () => void } {
    const token = (++this.#count).toString(36);
    this.#askers.set(token, asker);
    return {
      replyTo: this.#prefix + token,
      leave: () => {
        this.#askers.delete(token);
        if (this.#askers.size === 0) this.#rested?.();
      },
    };
  }

  /** Resolves once nobody waits for a reply. */
  async rest(): Promise<void> {
    if (this.#askers.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#rested = resolve;
    });
  }

  /** Hands a reply to whom it is for. A late one is for nobody. */
  take(msg: Msg): void {
    this.#askers.get(msg.subject.slice(this.#prefix.length))?.answer(msg);
  }

  /** Ends those that this is about; all of them by default. */
  endAll(
    reason: (asker: Asker) => Error,
    which: (asker: Asker) => boolean = () => true,
  ): void {
    for (const asker of [...this.#askers.values()]) {
      if (which(asker)) asker.end(reason(asker));
    }
  }
}
