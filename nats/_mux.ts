import { MessagingError, onAbort } from "@ruststream/core/contract";
import type { Msg } from "@nats-io/nats-core";
import type { Deadlines, Waiting } from "./deadlines.ts";
import { knowSubject, numberOf, statusOf } from "./wire_headers.ts";

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
  return msg.data.length === 0 && statusOf(msg) === 503;
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
  #place: ReplyPlace | undefined;
  #stop: (() => void) | undefined;
  #forget: (() => void) | undefined;

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
    if (this.#place !== undefined) knowSubject(msg, this.#place.replyTo);
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

  /** Begins to wait, at a place that is left once it has ended. */
  begin(
    place: ReplyPlace,
    deadlines: Deadlines,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): void {
    this.#place = place;
    this.#stop = deadlines.add(this, timeoutMs);
    if (signal === undefined) return;
    this.#forget = onAbort(signal, (reason) => this.end(reason));
  }

  #leave(): void {
    this.#place?.leave();
    this.#stop?.();
    this.#forget?.();
  }
}

/** A place for replies. */
export class ReplyPlace {
  /** Where they go. */
  readonly replyTo: string;
  readonly #number: number;
  readonly #mux: Mux;

  constructor(mux: Mux, prefix: string, number: number) {
    this.replyTo = prefix + number;
    this.#number = number;
    this.#mux = mux;
  }

  /** Takes whoever asked out of it. */
  leave(): void {
    this.#mux.leave(this.#number);
  }
}

/** All open requests of a connection, by the last token of the address that their replies go to. */
export class Mux {
  readonly #prefix: string;
  readonly #askers = new Map<number, Asker>();
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

  /** Gives one a place. */
  add(asker: Asker): ReplyPlace {
    const number = ++this.#count;
    this.#askers.set(number, asker);
    return new ReplyPlace(this, this.#prefix, number);
  }

  /** Takes one out of its place. */
  leave(number: number): void {
    this.#askers.delete(number);
    if (this.#askers.size === 0) this.#rested?.();
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
    this.#askers.get(numberOf(msg))?.answer(msg);
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
