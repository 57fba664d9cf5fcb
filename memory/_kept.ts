import {
  type AddressPattern,
  type KeptMessage,
  type KeptMessages,
  type KeptOptions,
  matchAddress,
  MessagingError,
  onAbort,
} from "@ruststream/core/contract";
import type { Letter } from "./_delivery.ts";
import type { RetainedLog } from "./_retained.ts";
import type { Session } from "./_session.ts";

/** What the log of a bus holds of the addresses of one pattern. */
export class RetainedMessages implements KeptMessages {
  readonly #log: RetainedLog;
  readonly #session: Session;
  readonly #address: AddressPattern;

  constructor(log: RetainedLog, session: Session, address: AddressPattern) {
    this.#log = log;
    this.#session = session;
    this.#address = address;
  }

  read({ signal }: KeptOptions = {}): ReadableStream<KeptMessage> {
    const letters = this.#letters().values();
    let forget = (): void => {};
    return new ReadableStream<KeptMessage>({
      start: (controller) => {
        forget = onAbort(signal, (reason) => controller.error(reason));
      },
      pull: (controller) => {
        this.#check("read");
        const { value: letter } = letters.next();
        if (letter !== undefined) return controller.enqueue(keptOf(letter));
        forget();
        controller.close();
      },
      cancel: () => forget(),
    }, { highWaterMark: 0 });
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async count({ signal }: KeptOptions = {}): Promise<number> {
    this.#check("count", signal);
    return this.#letters().length;
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async remove(
    { id, message: { address } }: KeptMessage,
    { signal }: KeptOptions = {},
  ): Promise<boolean> {
    this.#check("remove", signal);
    return matchAddress(this.#address, address) !== undefined &&
      this.#log.remove(address, Number(id));
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async purge({ signal }: KeptOptions = {}): Promise<number> {
    this.#check("purge", signal);
    const letters = this.#letters();
    for (const { message: { address }, sequence } of letters) {
      this.#log.remove(address, sequence);
    }
    return letters.length;
  }

  #letters(): readonly Letter[] {
    return this.#log.read(this.#address, this.#session.clock.now());
  }

  #check(verb: string, signal?: AbortSignal): void {
    if (this.#session.closed) {
      throw new MessagingError(
        "closed",
        `Cannot ${verb} what is kept of "${this.#address.template}": the connection is closed`,
      );
    }
    signal?.throwIfAborted();
  }
}

function keptOf({ sequence, message, publishedAtMs }: Letter): KeptMessage {
  return {
    id: String(sequence),
    message,
    publishedAt: new Date(publishedAtMs),
  };
}
