import {
  type Awaitable,
  type Message,
  MessagingError,
  onAbort,
  type RequestOptions,
} from "@ruststream/core/contract";
import type { Bus } from "./_bus.ts";
import type { Letter } from "./_delivery.ts";
import { LetterMaker } from "./_letters.ts";
import type {
  MemoryPublisher,
  MemoryTransaction,
} from "./memory_connection.ts";
import { Parcel } from "./_parcel.ts";
import type { Queue } from "./_queue.ts";
import { OpenRequest, replyPrefix } from "./_requests.ts";
import type { Session } from "./_session.ts";
import { BusTransaction } from "./_transaction.ts";

/** Sends what one connection publishes and asks. */
export class BusPublisher implements MemoryPublisher {
  readonly confirms = "stored" as const;
  readonly #bus: Bus;
  readonly #session: Session;
  readonly #replyTo: string;
  readonly #letters: LetterMaker;
  #requests = 0;

  constructor(bus: Bus, session: Session) {
    this.#bus = bus;
    this.#session = session;
    this.#letters = new LetterMaker(bus.settings, session);
    this.#replyTo = `${replyPrefix}${bus.number()}.`;
  }

  publish(
    message: Message,
    options?: { readonly signal?: AbortSignal },
  ): Awaitable<void> {
    try {
      this.#checkOpen("publish", message);
      options?.signal?.throwIfAborted();
      const queues = this.#bus.route(message.address);
      const letter = this.#letters.make(message);
      if (this.#bus.put(letter, queues)) return undefined;
      const parcel = Parcel.of(letter, queues);
      return this.#bus.park(parcel, this.#session, options?.signal).promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  // deno-lint-ignore require-await -- what is thrown before the wait must reject
  async request(message: Message, options: RequestOptions): Promise<Message> {
    const { timeoutMs, signal } = options;
    this.#checkOpen("request", message);
    signal?.throwIfAborted();
    if (!Number.isFinite(timeoutMs) || timeoutMs <= 0) {
      throw new RangeError(
        `Cannot request "${message.address}": expected timeoutMs to be a finite number above 0, found ${timeoutMs}`,
      );
    }
    const queues = this.#bus.route(message.address);
    const replyTo = `${this.#replyTo}${++this.#requests}`;
    const letter = this.#letters.make(message, replyTo);
    if (!queues.some(({ read }) => read)) {
      throw new MessagingError(
        "no-responder",
        `Cannot request "${message.address}": nobody is subscribed to it`,
      );
    }
    return this.#ask(letter, replyTo, queues, options);
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async begin(
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<MemoryTransaction> {
    const { signal } = options;
    this.#throwIfClosed("begin a transaction");
    signal?.throwIfAborted();
    return new BusTransaction({
      bus: this.#bus,
      session: this.#session,
      letters: this.#letters,
      signal,
    });
  }

  async schedule(message: Message, at: Date): Promise<void> {
    this.#checkOpen("schedule", message);
    const { address } = message;
    const due = dueOf(address, at);
    if (due <= this.#session.clock.now()) return await this.publish(message);
    const { planner, settings: { capacity } } = this.#bus;
    this.#bus.route(address);
    const letter = this.#letters.makeLasting(message);
    if (planner.length >= capacity) {
      throw new MessagingError(
        "overloaded",
        `Cannot schedule "${address}": ${capacity} messages wait for their time already`,
      );
    }
    planner.add(this.#session, letter, due);
  }

  #ask(
    letter: Letter,
    replyTo: string,
    queues: readonly Queue[],
    { timeoutMs, signal }: RequestOptions,
  ): Promise<Message> {
    const { waits } = this.#session;
    const request = new OpenRequest(letter, () => {
      this.#bus.askers.delete(replyTo);
      waits.remove(request);
      forget();
    });
    this.#bus.askers.set(replyTo, request);
    waits.add(request, timeoutMs);
    const forget = onAbort(signal, (reason) => request.end(reason));
    if (!this.#bus.put(letter, queues)) {
      const parcel = Parcel.of(letter, queues);
      request.waitFor(this.#bus.park(parcel, this.#session));
    }
    return request.promise;
  }

  #checkOpen(verb: string, { address }: Message): void {
    // The name is put together only where it is needed: a publish comes by here.
    if (this.#session.closed) this.#throwIfClosed(`${verb} "${address}"`);
  }

  #throwIfClosed(deed: string): void {
    if (!this.#session.closed) return;
    throw new MessagingError(
      "closed",
      `Cannot ${deed}: the connection is closed`,
    );
  }
}

function dueOf(address: string, at: Date): number {
  if (!(at instanceof Date)) {
    throw new TypeError(
      `Cannot schedule "${address}": expected the time to be a Date, found ${typeof at}`,
    );
  }
  const due = at.getTime();
  if (!Number.isNaN(due)) return due;
  throw new RangeError(
    `Cannot schedule "${address}": expected a valid Date, found ${at}`,
  );
}
