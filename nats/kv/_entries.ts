import { isMessagingError, MessagingError } from "@ruststream/core/contract";
import {
  type Hub,
  type StoredMessage,
  storedMessage,
  type Wire,
} from "../jetstream/parts.ts";
import { headersOf } from "../wire_headers.ts";
import type { Place } from "./_place.ts";

const encoder = new TextEncoder();
const longestMs = 5_000;

/** How one message of a bucket is asked for. */
export interface Asking {
  readonly deed: string;
  readonly signal: AbortSignal | undefined;
}

/** Asks for single messages of a bucket. */
export class Entries {
  readonly #hub: Hub;
  readonly #place: Place;

  constructor(hub: Hub, place: Place) {
    this.#hub = hub;
    this.#place = place;
  }

  /** The last message of a key; of any copy, where there is one that may answer. */
  async last(
    written: string,
    asking: Asking,
  ): Promise<StoredMessage | undefined> {
    const subject = `${this.#place.read}.${written}`;
    return await this.#find({ last_by_subj: subject }, `.${subject}`, asking);
  }

  /** The last message of a key, as the leader has it: what was written before is seen. */
  async surelyLast(
    written: string,
    asking: Asking,
  ): Promise<StoredMessage | undefined> {
    const subject = `${this.#place.read}.${written}`;
    return await this.#ofLeader({ last_by_subj: subject }, asking);
  }

  /** The message of a revision, if that is one of the key. */
  async at(
    written: string,
    revision: number,
    asking: Asking,
  ): Promise<StoredMessage | undefined> {
    const found = await this.#find({ seq: revision }, "", asking);
    const ours = found?.subject === `${this.#place.read}.${written}`;
    return ours ? found : undefined;
  }

  async #find(
    which: Wire,
    path: string,
    asking: Asking,
  ): Promise<StoredMessage | undefined> {
    if (!this.#place.direct) return await this.#ofLeader(which, asking);
    try {
      return await this.#direct(which, path, asking);
    } catch (error) {
      if (!isMessagingError(error, "no-responder")) throw error;
      // It does not allow that any more.
      return await this.#ofLeader(which, asking);
    }
  }

  #ofLeader(
    which: Wire,
    { deed, signal }: Asking,
  ): Promise<StoredMessage | undefined> {
    const { api } = this.#hub;
    return storedMessage(api, deed, this.#place.stream, which, signal);
  }

  async #direct(
    which: Wire,
    path: string,
    { deed, signal }: Asking,
  ): Promise<StoredMessage | undefined> {
    const { api: { prefix }, session } = this.#hub;
    const msg = await session.ask(
      `${prefix}.DIRECT.GET.${this.#place.stream}${path}`,
      encoder.encode(path === "" ? JSON.stringify(which) : ""),
      {
        timeoutMs: longestMs,
        ...(signal !== undefined && { signal }),
      },
    );
    const { code = 0, description = "" } = msg.headers ?? {};
    if (code === 404) return undefined;
    const headers = headersOf(msg);
    const subject = headers?.get("Nats-Subject");
    if (code > 0 || headers === undefined || subject === undefined) {
      throw new MessagingError(
        "refused",
        `Cannot ${deed}: the server answers ${code} ${description}`,
      );
    }
    return {
      subject,
      seq: Number(headers.get("Nats-Sequence")),
      headers,
      body: msg.data,
      at: new Date(headers.get("Nats-Time-Stamp") ?? NaN),
    };
  }
}
