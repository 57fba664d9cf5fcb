import {
  type Awaitable,
  checkOptions,
  checkRequest,
  checkRequestMany,
  dueTime,
  type Message,
  MessagingError,
  onAbort,
  type RequestManyOptions,
  type RequestOptions,
  signalOnly,
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
import { OpenReplies } from "./_replies.ts";
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
      if (options !== undefined) checkSignal("publish", message, options);
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
    const { signal, timeoutMs } = options;
    checkOptions(`request "${message.address}"`, options, knownOfRequest);
    const question = this.#question(message, options);
    const { waits } = this.#session;
    const request = new OpenRequest(question.letter, () => {
      this.#bus.askers.delete(question.replyTo);
      waits.remove(request);
      forget();
    });
    waits.add(request, timeoutMs);
    const forget = onAbort(signal, (reason) => request.end(reason));
    this.#ask(question, request);
    return request.promise;
  }

  requestMany(
    message: Message,
    options: RequestManyOptions,
  ): ReadableStream<Message> {
    try {
      const { address } = message;
      checkOptions(`request "${address}"`, options, knownOfMany);
      checkRequestMany(address, options);
      const question = this.#question(message, options);
      const replies = new OpenReplies(
        address,
        this.#session,
        options,
        () => {
          this.#bus.askers.delete(question.replyTo);
          forget();
        },
      );
      const forget = onAbort(options.signal, (reason) => replies.end(reason));
      this.#ask(question, replies);
      return replies.stream;
    } catch (error) {
      return new ReadableStream({ start: (to) => to.error(error) });
    }
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async begin(
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<MemoryTransaction> {
    const { signal } = options;
    const deed = "begin a transaction";
    this.#throwIfClosed(deed);
    checkOptions(deed, options, signalOnly);
    signal?.throwIfAborted();
    return new BusTransaction({
      bus: this.#bus,
      session: this.#session,
      letters: this.#letters,
      signal,
    });
  }

  async schedule(
    message: Message,
    at: Date,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void> {
    this.#checkOpen("schedule", message);
    if (options !== undefined) checkSignal("schedule", message, options);
    options?.signal?.throwIfAborted();
    const { address } = message;
    const due = dueTime(address, at);
    if (due <= this.#session.clock.now()) {
      return await this.publish(message, options);
    }
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

  #question(
    message: Message,
    options: RequestOptions,
  ): Question {
    this.#checkOpen("request", message);
    options.signal?.throwIfAborted();
    const { address } = message;
    checkRequest(address, options);
    const queues = this.#bus.route(address);
    const replyTo = `${this.#replyTo}${++this.#requests}`;
    const letter = this.#letters.make(message, replyTo);
    if (queues.some(({ read }) => read)) return { letter, replyTo, queues };
    throw new MessagingError(
      "no-responder",
      `Cannot request "${address}": nobody is subscribed to it`,
    );
  }

  #ask(
    { letter, replyTo, queues }: Question,
    asker: OpenRequest | OpenReplies,
  ): void {
    this.#bus.askers.set(replyTo, asker);
    if (this.#bus.put(letter, queues)) return;
    const parcel = Parcel.of(letter, queues);
    asker.waitFor(this.#bus.park(parcel, this.#session));
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

const knownOfRequest = ["timeoutMs", "signal"];
const knownOfMany = [...knownOfRequest, "maxReplies", "stallMs"];

function checkSignal(verb: string, { address }: Message, options: object) {
  checkOptions(`${verb} "${address}"`, options, signalOnly);
}

/** A request that can be sent. */
interface Question {
  readonly letter: Letter;
  readonly replyTo: string;
  readonly queues: readonly Queue[];
}
