import type {
  Awaitable,
  Message,
  MessagingError,
  RequestManyOptions,
  RequestOptions,
} from "@ruststream/core/contract";
import {
  checkAddress,
  checkOptions,
  checkRequest,
} from "@ruststream/core/contract";
import { Outgoing } from "./_outgoing.ts";
import type { NatsPublisher, NatsPublishOptions } from "./publisher.ts";
import { repliesOf } from "./_request_many.ts";
import { closedError, lostError } from "./nats_error.ts";
import type { Session } from "./session.ts";
import { replyOf } from "./_reply.ts";
import { withServiceError } from "./service_headers.ts";

const knownOfPublish = ["replyTo", "signal"];
const knownOfRequest = ["timeoutMs", "signal"];
const knownOfMany = [...knownOfRequest, "maxReplies", "stallMs"];

type Options = NatsPublishOptions & { readonly signal?: AbortSignal };

/** A publish that the server has not confirmed. */
interface Unconfirmed {
  readonly address: string;
  denied: MessagingError | undefined;
}

/** Sends what one connection publishes and asks. */
export class CorePublisher implements NatsPublisher {
  readonly confirms: "sent" | "received";
  readonly #session: Session;
  readonly #outgoing: Outgoing;
  readonly #unconfirmed = new Set<Unconfirmed>();

  constructor(session: Session, confirms: "sent" | "received") {
    this.confirms = confirms;
    this.#session = session;
    this.#outgoing = new Outgoing(session);
    if (confirms === "received") this.#listen();
  }

  publish(message: Message, options?: Options): Awaitable<void> {
    try {
      const sent = this.#send(message, options);
      return this.confirms === "sent"
        ? sent
        : this.#confirm(message.address, sent);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async request(message: Message, options: RequestOptions): Promise<Message> {
    const { address, body } = message;
    const { signal } = options;
    const deed = `request "${address}"`;
    this.#checkOpen(deed);
    checkOptions(deed, options, knownOfRequest);
    signal?.throwIfAborted();
    checkRequest(address, options);
    const headers = this.#outgoing.check(message);
    const asked = headers === undefined ? options : { ...options, headers };
    const reply = await this.#session.ask(address, body, asked);
    return replyOf(reply);
  }

  requestMany(
    message: Message,
    options: RequestManyOptions,
  ): ReadableStream<Message> {
    return repliesOf(this.#session, message, options, () => {
      const deed = `request "${message.address}"`;
      this.#checkOpen(deed);
      checkOptions(deed, options, knownOfMany);
      return this.#outgoing.check(message);
    });
  }

  #send(given: Message, options: Options | undefined): Awaitable<void> {
    const session = this.#session;
    const message = withServiceError(given);
    const { address, body } = message;
    if (session.closed) throw closedError(`publish to "${address}"`);
    const { replyTo, signal } = options === undefined
      ? {} as Options
      : checked(address, options);
    signal?.throwIfAborted();
    const headers = this.#outgoing.check(message);
    session.onPublish?.(message);
    const sendOptions = {
      ...(headers !== undefined && { headers }),
      ...(replyTo !== undefined && { reply: replyTo }),
    };
    if (session.gate.open && session.send(address, body, sendOptions)) return;
    const deed = `publish to "${address}"`;
    return session.gate.wait({
      deed,
      // What a message costs beside its bytes counts too: many small ones are not free.
      bytes: body.length + (headers?.length ?? 0) + 256,
      timeoutMs: session.settings.publishTimeoutMs,
      signal,
      run: () => {
        if (!session.send(address, body, sendOptions)) throw lostError(deed);
      },
    });
  }

  async #confirm(address: string, sent: Awaitable<void>): Promise<void> {
    const unconfirmed: Unconfirmed = { address, denied: undefined };
    this.#unconfirmed.add(unconfirmed);
    try {
      await sent;
      await this.#session.flush();
    } finally {
      this.#unconfirmed.delete(unconfirmed);
    }
    if (unconfirmed.denied !== undefined) throw unconfirmed.denied;
  }

  #listen(): void {
    this.#session.onDenial(({ subject, error }) => {
      for (const each of this.#unconfirmed) {
        if (each.address === subject) each.denied = error;
      }
    });
  }

  #checkOpen(deed: string): void {
    if (this.#session.closed) throw closedError(deed);
  }
}

function checked(address: string, options: Options): Options {
  checkOptions(`publish to "${address}"`, options, knownOfPublish);
  if (options.replyTo !== undefined) checkAddress(options.replyTo);
  return options;
}
