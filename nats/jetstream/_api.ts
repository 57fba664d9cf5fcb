import { isMessagingError, MessagingError } from "@ruststream/core/contract";
import type { Wire } from "./_fields.ts";
import type { Session } from "../session.ts";

/** The server's own numbers of what went wrong. */
export const apiErrors = {
  consumerNotMade: 10012,
  consumerNotFound: 10014,
  messageNotFound: 10037,
  sequenceNotFound: 10043,
  deleteFailed: 10057,
  streamNotFound: 10059,
  subjectsOverlap: 10065,
  consumersOverlap: 10099,
  consumerNotUnique: 10100,
  consumerNotThere: 10149,
  wrongStream: 10060,
  wrongLastId: 10070,
  wrongLastSequence: 10071,
  wrongLastSequenceSubject: 10164,
} as const;

const conflicts: ReadonlySet<number> = new Set([
  apiErrors.wrongStream,
  apiErrors.wrongLastId,
  apiErrors.wrongLastSequence,
  apiErrors.wrongLastSequenceSubject,
]);
// The stream or its account is full, or has no leader right now; or the node that has it is away.
const passing: ReadonlySet<number> = new Set([
  10008,
  10009,
  10077,
  10118,
  10119,
]);
// What a cluster says that has no leader for it right now.
const leaderless = [10008, 10009] as const;

// The account, or the server, has no room for more.
const full: ReadonlySet<number> = new Set([10002, 10023, 10028, 10047]);

/** What the server answered instead. */
export class ApiFault extends Error {
  override readonly name = "ApiFault";
  readonly code: number;

  constructor(code: number, description: string) {
    super(description);
    this.code = code;
  }
}

interface Answer {
  readonly error?: {
    readonly code: number;
    readonly err_code?: number;
    readonly description?: string;
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const longestMs = 5_000;
// What only looks, or makes what is there already, may be asked again: nobody answers while a leader is elected.
const repeatable = /(^|\.)(INFO|NAMES|CREATE)(\.|$)/;
const lookMs = 1_000;
const patienceMs = 15_000;
const pauseMs = 250;
// How often a server may trip over its own files.
const mostTrips = 8;

/** The error in an answer of JetStream, if there is one. */
export function faultOf(answer: unknown): ApiFault | undefined {
  const { error } = answer as Answer;
  if (error === undefined) return undefined;
  const { code, err_code = code, description = "no description" } = error;
  return new ApiFault(err_code, description);
}

/** An answer's JSON; an object without anything where it is none. */
export function parseAnswer(bytes: Uint8Array): Wire {
  try {
    return JSON.parse(decoder.decode(bytes)) as Wire;
  } catch {
    return {};
  }
}

/** What the server would not do, as ours. */
export function refused(deed: string, fault: ApiFault): MessagingError {
  const code = conflicts.has(fault.code)
    ? "conflict"
    : passing.has(fault.code)
    ? "overloaded"
    : "refused";
  return new MessagingError(code, `Cannot ${deed}: ${fault.message}`, {
    cause: fault,
  });
}

/** The same of a message that was not taken: room may be made for it. */
export function notStored(deed: string, fault: ApiFault): MessagingError {
  if (!full.has(fault.code)) return refused(deed, fault);
  return new MessagingError("overloaded", `Cannot ${deed}: ${fault.message}`, {
    cause: fault,
  });
}

/** Whether an error of ours came from such an answer. */
export function isFault(error: unknown, code: number): boolean {
  return isMessagingError(error) && error.cause instanceof ApiFault &&
    error.cause.code === code;
}

/** What the server says of a stream. */
export interface StreamLook {
  /** When it was made, in the server's words. */
  readonly made: string;
  readonly config: Wire;
  /** The number of its last message. */
  readonly last: number;
}

/** What a stream holds. */
export interface StreamHolds {
  readonly messages: number;
  /** How many of each subject that was asked for; none of them where it holds none. */
  readonly subjects?: Readonly<Record<string, number>>;
}

/** Whether it was said by a cluster that elects a leader. */
export function isElecting(error: unknown): boolean {
  return leaderless.some((code) => isFault(error, code));
}

/** Whether a server tripped over its own files: it makes and removes what has one name, for several clients, at the same time. */
function isTrip(error: unknown): boolean {
  return isFault(error, apiErrors.consumerNotThere) ||
    (isFault(error, apiErrors.consumerNotMade) &&
      !/can not be updated$/.test((error as Error).message));
}

/** JetStream's requests. */
export class Api {
  /** What its subjects begin with. */
  readonly prefix: string;
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
    this.prefix = session.settings.apiPrefix;
  }

  /** Asks, and returns the answer; its error is thrown as ours. */
  async ask(
    deed: string,
    verb: string,
    body: Wire = {},
    signal?: AbortSignal,
  ): Promise<Wire> {
    const { clock } = this.#session;
    const end = clock.now() + patienceMs;
    for (let trips = 0;;) {
      try {
        return await this.#askOnce(deed, verb, body, signal);
      } catch (error) {
        const passes = isTrip(error)
          ? trips++ < mostTrips
          : isMessagingError(error) && error.retryable;
        const again = passes && repeatable.test(verb) && clock.now() < end &&
          !this.#session.closed;
        if (!again) throw error;
        if (!isMessagingError(error, "timeout")) {
          await clock.sleep(pauseMs, signal);
        }
      }
    }
  }

  async #askOnce(
    deed: string,
    verb: string,
    body: Wire,
    signal: AbortSignal | undefined,
  ): Promise<Wire> {
    const bytes = encoder.encode(JSON.stringify(body));
    await this.#session.ready(deed, longestMs, signal);
    const answer = await this.#request(deed, verb, bytes, signal);
    const fault = faultOf(answer);
    if (fault !== undefined) throw refused(deed, fault);
    return answer;
  }

  /** Says something that nobody waits for. */
  tell(verb: string, body?: Wire): void {
    const bytes = encoder.encode(body && JSON.stringify(body));
    this.#session.send(`${this.prefix}.${verb}`, bytes, {
      reply: this.#session.inbox(),
    });
  }

  async #request(
    deed: string,
    verb: string,
    bytes: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<Wire> {
    try {
      const msg = await this.#session.ask(`${this.prefix}.${verb}`, bytes, {
        timeoutMs: verb.includes(".INFO") ? lookMs : longestMs,
        ...(signal !== undefined && { signal }),
      });
      return parseAnswer(msg.data);
    } catch (cause) {
      if (!isMessagingError(cause, "no-responder")) throw cause;
      throw new MessagingError(
        "unsupported",
        `Cannot ${deed}: JetStream does not answer, it is off on this server or in this account`,
        { cause },
      );
    }
  }

  /** A stream's configuration; undefined where there is none of that name. */
  async stream(name: string, signal?: AbortSignal): Promise<Wire | undefined> {
    const deed = `look at stream "${name}"`;
    return await orNone([apiErrors.streamNotFound], async () => {
      const info = await this.ask(deed, `STREAM.INFO.${name}`, {}, signal);
      return info["config"] as Wire;
    });
  }

  /** A stream; undefined where there is none of that name, or nobody may look. */
  async lookAt(
    name: string,
    signal?: AbortSignal,
  ): Promise<StreamLook | undefined> {
    const deed = `look at stream "${name}"`;
    try {
      return await orNone([apiErrors.streamNotFound], async () => {
        const info = await this.ask(deed, `STREAM.INFO.${name}`, {}, signal);
        return {
          made: info["created"] as string,
          config: info["config"] as Wire,
          last: (info["state"] as { readonly last_seq: number }).last_seq,
        };
      });
    } catch (error) {
      if (isMessagingError(error, "denied")) return undefined;
      throw error;
    }
  }

  /** What a stream holds, and how much of each subject that a pattern takes. */
  async stateOf(
    deed: string,
    name: string,
    pattern: string,
    signal?: AbortSignal,
  ): Promise<StreamHolds> {
    const body = { subjects_filter: pattern };
    const answer = await this.ask(deed, `STREAM.INFO.${name}`, body, signal);
    return answer["state"] as StreamHolds;
  }

  /** What the server knows of a consumer; undefined where there is none of that name, or no such stream. */
  async consumer(
    stream: string,
    name: string,
    signal?: AbortSignal,
  ): Promise<Wire | undefined> {
    const deed = `look at consumer "${name}" of stream "${stream}"`;
    const verb = `CONSUMER.INFO.${stream}.${name}`;
    return await orNone(
      [apiErrors.consumerNotFound, apiErrors.streamNotFound],
      () => this.ask(deed, verb, {}, signal),
    );
  }

  /** Names of the consumers of a stream, or of the first of them where they are very many. */
  async consumersOf(stream: string): Promise<readonly string[]> {
    const deed = `look for the consumers of stream "${stream}"`;
    const { consumers } = await this.ask(deed, `CONSUMER.NAMES.${stream}`);
    return (consumers ?? []) as readonly string[];
  }

  /** Names of the streams that take a subject. */
  async streamsOf(
    subject: string,
    signal?: AbortSignal,
  ): Promise<readonly string[]> {
    const deed = `look for the stream of "${subject}"`;
    const asked = { subject };
    const { streams } = await this.ask(deed, "STREAM.NAMES", asked, signal);
    return (streams ?? []) as readonly string[];
  }
}

/** What it gives; undefined where the server answers with one of these. */
export async function orNone<T>(
  codes: readonly number[],
  run: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (codes.some((code) => isFault(error, code))) return undefined;
    throw error;
  }
}
