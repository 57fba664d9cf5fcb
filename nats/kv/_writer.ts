import {
  type ErrorCode,
  headers,
  type HeadersInput,
  isMessagingError,
  MessagingError,
} from "@ruststream/core/contract";
import {
  type Hub,
  idHeader,
  isFault,
  type Letter,
  optionFields,
  StreamPublisher,
  writeLetter,
} from "../jetstream/parts.ts";
import type { Entries } from "./_entries.ts";
import { operationField } from "./_operation.ts";
import type { Place } from "./_place.ts";

/** What is written of a key. */
export interface Writing {
  /** What cannot be done where it fails, in words. */
  readonly deed: string;
  /** The key as it is written. */
  readonly written: string;
  readonly body: Uint8Array;
  readonly headers?: HeadersInput | undefined;
  readonly removal?: "delete" | "purge";
  /** The revision that the key must have. Without it any. */
  readonly revision?: number | undefined;
  readonly ttlMs?: number | undefined;
  readonly signal: AbortSignal | undefined;
}

const retries = 2;
const retryDelayMs = 250;
const messageTooLarge = 10054;
/** After these it may be there, or not: it is sent again, with its id. */
const unknown: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "timeout",
  "connection",
  "no-responder",
]);

/** Writes to a bucket: each once, however often its answer is lost. */
export class Writer {
  readonly #hub: Hub;
  readonly #place: Place;
  readonly #entries: Entries;
  readonly #publisher: StreamPublisher;

  constructor(hub: Hub, place: Place, entries: Entries) {
    this.#hub = hub;
    this.#place = place;
    this.#entries = entries;
    this.#publisher = new StreamPublisher(hub, {
      timeoutMs: 5_000,
      retries: 0,
      retryDelayMs,
      maxInFlight: 1_024,
    });
  }

  /** Resolves with its revision once it is stored. */
  async write(writing: Writing): Promise<number> {
    const { deed, signal } = writing;
    const { clock } = this.#hub.session;
    const id = this.#hub.session.inbox().split(".").at(-1) ?? "";
    const letter = this.#letter(writing, id);
    this.#checkTtl(writing);
    for (let attempt = 0;; attempt++) {
      try {
        const store = this.#publisher.store(deed, () => letter, signal);
        return (await store).sequence;
      } catch (error) {
        if (isFault(error, messageTooLarge)) {
          const { message } = error as Error;
          throw new MessagingError("too-large", message, { cause: error });
        }
        if (isMessagingError(error, "conflict") && attempt > 0) {
          return await this.#stored(writing, id, error);
        }
        const again = attempt < retries && isMessagingError(error) &&
          unknown.has(error.code);
        if (!again) throw error;
        await clock.sleep(retryDelayMs, signal);
      }
    }
  }

  #letter(
    { written, body, headers: given = [], removal, revision, ttlMs }: Writing,
    id: string,
  ): Letter {
    const { session } = this.#hub;
    const address = `${this.#place.write}.${written}`;
    const message = { address, body, headers: headers(given) };
    return writeLetter(message, [
      ...(removal === undefined ? [] : [operationField(removal)]),
      ...optionFields(message, {
        id,
        ...(revision !== undefined &&
          { expect: { lastSubjectSequence: revision } }),
        ...(removal === "purge" && { rollup: "subject" as const }),
        ...(ttlMs !== undefined && { ttlMs }),
      }, session.info.version),
    ], session);
  }

  /** What it expects is not so any more, perhaps because it is there itself: newer servers look at that before they look for repetitions. */
  async #stored(
    { deed, written, signal }: Writing,
    id: string,
    cause: MessagingError,
  ): Promise<number> {
    const last = await this.#entries.surelyLast(written, { deed, signal });
    if (last?.headers?.get(idHeader) === id) return last.seq;
    throw new MessagingError(
      "timeout",
      `Cannot ${deed}: its answer was lost, and somebody wrote the key meanwhile; it may have been there before`,
      { retryable: false, cause },
    );
  }

  #checkTtl({ deed, ttlMs }: Writing): void {
    if (ttlMs === undefined || this.#place.ttl !== false) return;
    throw new MessagingError(
      "unsupported",
      `Cannot ${deed} with "ttlMs": the bucket was made without "markerTtlMs"`,
    );
  }
}
