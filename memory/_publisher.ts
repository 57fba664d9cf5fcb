import {
  type Awaitable,
  headers,
  type Message,
  MessagingError,
  onAbort,
  type RequestOptions,
} from "@ruststream/core/contract";
import type { Bus } from "./_bus.ts";
import { BodyCopier } from "./_body_copier.ts";
import { Letter } from "./_delivery.ts";
import type { MemoryPublisher } from "./memory_connection.ts";
import { ParkedPublish } from "./_parking.ts";
import type { Queue } from "./_queue.ts";
import { isReplyAddress, OpenRequest, replyPrefix } from "./_requests.ts";
import { checkAddress } from "./_router.ts";
import type { Session } from "./_session.ts";

// Where replies go: to an open request, or to nobody.
const nobody: readonly Queue[] = Object.freeze([]);

/** Sends what one connection publishes and asks. */
export class BusPublisher implements MemoryPublisher {
  readonly confirms = "stored" as const;
  readonly #bus: Bus;
  readonly #session: Session;
  readonly #replyTo: string;
  readonly #copier = new BodyCopier();
  #requests = 0;

  constructor(bus: Bus, session: Session) {
    this.#bus = bus;
    this.#session = session;
    this.#replyTo = `${replyPrefix}${bus.number()}.`;
  }

  publish(
    message: Message,
    options?: { readonly signal?: AbortSignal },
  ): Awaitable<void> {
    try {
      this.#checkOpen("publish", message);
      options?.signal?.throwIfAborted();
      const queues = this.#route(message.address);
      const letter = this.#letter(message);
      if (queues === nobody) {
        return this.#bus.askers.get(message.address)?.answer(letter);
      }
      if (this.#bus.put(letter, queues)) return undefined;
      return this.#park(letter, queues, options?.signal).promise;
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
    const queues = this.#route(message.address);
    const replyTo = `${this.#replyTo}${++this.#requests}`;
    const letter = this.#letter(message, replyTo);
    if (!queues.some(({ read }) => read)) {
      throw new MessagingError(
        "no-responder",
        `Cannot request "${message.address}": nobody is subscribed to it`,
      );
    }
    return this.#ask(letter, replyTo, queues, options);
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
      const parked = this.#park(letter, queues);
      request.waitFor(parked);
    }
    return request.promise;
  }

  #park(
    letter: Letter,
    queues: readonly Queue[],
    signal?: AbortSignal,
  ): ParkedPublish {
    const { waits } = this.#session;
    const { parking, settings } = this.#bus;
    const parked = new ParkedPublish({
      letter,
      queues,
      parking,
      onEnd: () => {
        waits.remove(parked);
        forget();
      },
    });
    waits.add(parked, settings.publishTimeoutMs);
    const forget = onAbort(signal, (reason) => parked.end(reason));
    parking.park(parked);
    return parked;
  }

  #checkOpen(verb: string, { address }: Message): void {
    if (!this.#session.closed) return;
    throw new MessagingError(
      "closed",
      `Cannot ${verb} "${address}": the connection is closed`,
    );
  }

  #route(address: string): readonly Queue[] {
    if (!isReplyAddress(address)) return this.#bus.router.find(address);
    checkAddress(address);
    return nobody;
  }

  // The one copy: callers may use theirs again, and everyone who gets the message reads this one.
  #letter(message: Message, replyTo?: string): Letter {
    const { address, body, key } = message;
    if (!(body instanceof Uint8Array)) {
      throw new TypeError(
        `Cannot publish to "${address}": expected the body to be a Uint8Array, found ${typeof body}`,
      );
    }
    const { maxBodyBytes } = this.#bus.settings;
    if (body.length > maxBodyBytes) {
      throw new MessagingError(
        "too-large",
        `Cannot publish to "${address}": its body has ${body.length} bytes, the most is ${maxBodyBytes}`,
      );
    }
    if (key !== undefined && typeof key !== "string") {
      throw new TypeError(
        `Cannot publish to "${address}": expected the key to be a string, found ${typeof key}`,
      );
    }
    const bytes = this.#copier.copy(body);
    const copy: Message = message.headers === undefined && key === undefined
      ? { address, body: bytes }
      : {
        address,
        body: bytes,
        ...(message.headers && { headers: headers(message.headers) }),
        ...(key !== undefined && { key }),
      };
    return new Letter(copy, replyTo, this.#session.clock.now());
  }
}
