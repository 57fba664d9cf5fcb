import {
  checkOptions,
  type ErrorCode,
  isMessagingError,
  type Message,
  MessagingError,
  untilAborted,
} from "@ruststream/core/contract";
import type { Msg } from "@nats-io/nats-core";
import { faultOf, isElecting, notStored, parseAnswer } from "./_api.ts";
import type { Hub } from "./_hub.ts";
import { type Letter, optionFields, ownIdOf, writeLetter } from "./_letter.ts";
import { Slots } from "./_slots.ts";
import { checkTakenByAny } from "./_taken.ts";
import type {
  JetStreamPublisher,
  JetStreamPublishOptions,
  JetStreamReceipt,
} from "./publisher.ts";

/** How a publisher goes about it, each with its value. */
export interface PublisherSettings {
  readonly stream?: string;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly retryDelayMs: number;
  readonly maxInFlight: number;
}

type Options = JetStreamPublishOptions & { readonly signal?: AbortSignal };

/** A letter on its way. */
interface Sending {
  readonly letter: Letter;
  /** What cannot be done if it is not taken, in words. */
  readonly deed: string;
  readonly timeoutMs: number;
  /** How often it may be sent again: only what has an id. */
  readonly retries: number;
  /** Whether its id is one that nobody but us knows. */
  readonly madeId: boolean;
  readonly signal: AbortSignal | undefined;
}

const known = [
  "id",
  "expect",
  "ttlMs",
  "rollup",
  "increment",
  "timeoutMs",
  "signal",
];
const expectable = [
  "stream",
  "lastSequence",
  "lastSubjectSequence",
  "lastId",
];
const unheard: Partial<Record<ErrorCode, string>> = {
  timeout: "no confirmation came in time",
  connection: "the connection was lost before its confirmation came",
  "no-responder": "nobody answers for it",
};

/** Publishes to streams. */
export class StreamPublisher implements JetStreamPublisher {
  readonly confirms = "stored" as const;
  readonly #hub: Hub;
  readonly #settings: PublisherSettings;
  readonly #slots: Slots;
  readonly #idPrefix: string;
  #ids = 0;

  constructor(hub: Hub, settings: PublisherSettings) {
    this.#hub = hub;
    this.#settings = settings;
    this.#slots = new Slots(settings.maxInFlight);
    this.#idPrefix = hub.session.inbox().split(".").at(-1) ?? "";
  }

  publish(message: Message, options: Options = {}): Promise<JetStreamReceipt> {
    let sending: Sending;
    try {
      const deed = `publish to "${message.address}"`;
      this.#hub.checkOpen(deed);
      checkOptions(deed, options, known);
      if (options.expect !== undefined) {
        checkOptions(deed, options.expect, expectable);
      }
      options.signal?.throwIfAborted();
      sending = this.#make(message, options);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#begin(sending);
  }

  /** Stores what `write` makes of an id that nobody else has, which is needed where it may be sent again. */
  store(
    deed: string,
    write: (id: string | undefined) => Letter,
    signal: AbortSignal | undefined,
  ): Promise<JetStreamReceipt> {
    const { timeoutMs, retries } = this.#settings;
    const letter = write(retries === 0 ? undefined : this.#id());
    const madeId = true;
    return this.#begin({ letter, deed, timeoutMs, retries, madeId, signal });
  }

  #begin(sending: Sending): Promise<JetStreamReceipt> {
    const publishing = this.#publish(sending);
    const { signal } = sending;
    return signal === undefined
      ? publishing
      : untilAborted(() => publishing, signal);
  }

  #make(message: Message, options: Options): Sending {
    const { session } = this.#hub;
    const { stream, timeoutMs, retries } = this.#settings;
    const { version } = session.info;
    const asked = {
      ...options,
      // A counter takes no expectations.
      ...(stream !== undefined && options.increment === undefined &&
        { expect: { stream, ...options.expect } }),
    };
    const rest = {
      deed: `publish to "${message.address}"`,
      timeoutMs: options.timeoutMs ?? timeoutMs,
      signal: options.signal,
    };
    const write = (id: string | undefined): Letter =>
      writeLetter(
        message,
        optionFields(
          message,
          id === undefined ? asked : { ...asked, id },
          version,
        ),
        session,
      );
    const own = ownIdOf(message);
    if (options.id !== undefined || (own === undefined && retries === 0)) {
      return { ...rest, letter: write(options.id), retries, madeId: false };
    }
    try {
      const letter = write(own ?? this.#id());
      return { ...rest, letter, retries, madeId: own === undefined };
    } catch (error) {
      if (!isMessagingError(error, "too-large")) throw error;
      // It may fit without an id, and then cannot be sent twice.
      return { ...rest, letter: write(undefined), retries: 0, madeId: false };
    }
  }

  async #publish(sending: Sending): Promise<JetStreamReceipt> {
    const { signal, retries } = sending;
    this.#hub.publishes();
    try {
      const slot = this.#slots.take(signal);
      if (slot !== undefined) await slot;
    } catch (error) {
      this.#hub.published();
      throw error;
    }
    try {
      const { clock } = this.#hub.session;
      const end = clock.now() + sending.timeoutMs;
      for (let attempt = 0;; attempt++) {
        try {
          return await this.#send(sending);
        } catch (error) {
          const spent = attempt >= retries;
          const electing = await this.#explain(sending, error, spent);
          if (spent && !(electing && clock.now() < end)) throw error;
          await clock.sleep(this.#settings.retryDelayMs, signal);
        }
      }
    } finally {
      this.#slots.leave();
      this.#hub.published();
    }
  }

  async #ask({ letter, deed, timeoutMs, signal }: Sending): Promise<Msg> {
    const { subject, body, headers } = letter;
    try {
      return await this.#hub.session.ask(subject, body, {
        timeoutMs,
        outlives: true,
        ...(headers !== undefined && { headers }),
        ...(signal !== undefined && { signal }),
      });
    } catch (cause) {
      if (!isMessagingError(cause)) throw cause;
      const found = unheard[cause.code];
      if (found === undefined) throw cause;
      const { code, retryable } = cause;
      throw new MessagingError(code, `Cannot ${deed}: ${found}`, {
        retryable,
        cause,
      });
    }
  }

  async #send(sending: Sending): Promise<JetStreamReceipt> {
    const { deed, timeoutMs, signal } = sending;
    const { session } = this.#hub;
    const ready = session.ready(deed, timeoutMs, signal);
    if (ready !== undefined) await ready;
    const msg = await this.#ask(sending);
    const answer = parseAnswer(msg.data);
    const fault = faultOf(answer);
    if (fault !== undefined) throw notStored(deed, fault);
    const { stream, seq, duplicate = false, val } = answer;
    if (typeof stream !== "string" || typeof seq !== "number") {
      throw new MessagingError(
        "refused",
        `Cannot ${deed}: somebody answered who is no stream`,
      );
    }
    return {
      stream,
      sequence: seq,
      duplicate: duplicate === true && !sending.madeId,
      ...(typeof val === "string" && { value: BigInt(val) }),
    };
  }

  /** Whether nobody took it only because a leader is elected. Throws where it is not to be sent again, and where no stream takes the subject. */
  async #explain(
    { letter: { subject }, deed }: Sending,
    error: unknown,
    spent: boolean,
  ): Promise<boolean> {
    if (isElecting(error)) return true;
    if (!isMessagingError(error) || !error.retryable) throw error;
    if (error.code === "overloaded") throw error;
    const nobody = error.code === "no-responder";
    const perhaps = nobody || (spent && error.code === "timeout");
    if (!perhaps || !this.#hub.session.connected) return false;
    const there = await checkTakenByAny(this.#hub, deed, subject);
    return nobody && there;
  }

  // All of one length, so that what fits does so each time.
  #id(): string {
    return `${this.#idPrefix}${(this.#ids++).toString(36).padStart(9, "0")}`;
  }
}
