import { type Message, MessagingError } from "@ruststream/core/contract";
import type { Letter } from "./_delivery.ts";
import type { ParkedPublish } from "./_parking.ts";
import type { Wait } from "./_waits.ts";

/** Who waits for a reply. */
export interface Asker {
  answer(letter: Letter): void;
}

/** What reply addresses begin with; nobody can subscribe to them. */
export const replyPrefix = "_reply.";

/** Whether an address is one of those that replies go to. */
export function isReplyAddress(address: unknown): boolean {
  return typeof address === "string" && address.startsWith(replyPrefix);
}

/**
 * A request whose reply has not come.
 *
 * It ends once, by: the first reply (resolves), its signal (its reason), its time (`timeout`), the connection's shutdown (`closed`), or its
 * publish that waited for room and failed (with what that failed with).
 */
export class OpenRequest implements Asker, Wait {
  readonly promise: Promise<Message>;
  due = 0;
  slot = -1;
  readonly #letter: Letter;
  readonly #onEnd: () => void;
  readonly #resolve: (reply: Message) => void;
  readonly #reject: (reason: unknown) => void;
  #parked: ParkedPublish | undefined;
  #done = false;

  constructor(letter: Letter, onEnd: () => void) {
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    this.promise = promise;
    this.#letter = letter;
    this.#onEnd = onEnd;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Ends with its publish, if that fails; and takes it back, if the request ends first. */
  waitFor(parked: ParkedPublish): void {
    this.#parked = parked;
    parked.promise.catch((reason) => this.end(reason));
  }

  answer({ message }: Letter): void {
    if (this.#done) return;
    this.#done = true;
    this.#onEnd();
    this.#resolve(message);
  }

  end(reason: unknown): void {
    if (this.#done) return;
    this.#done = true;
    this.#onEnd();
    this.#reject(reason);
    this.#parked?.end(reason);
  }

  get deed(): string {
    return `request "${this.#letter.message.address}"`;
  }

  late(): Error {
    return new MessagingError(
      "timeout",
      `Cannot ${this.deed}: no reply came in time`,
    );
  }
}
