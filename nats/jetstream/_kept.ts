import {
  type AddressPattern,
  type KeptMessage,
  type KeptMessages,
  type KeptOptions,
  matchAddress,
} from "@ruststream/core/contract";
import { apiErrors, isFault } from "./_api.ts";
import type { Wire } from "./_fields.ts";
import type { Hub } from "./_hub.ts";
import { messageOf } from "./_message.ts";
import { type StoredMessage, storedMessage } from "./_stored_message.ts";
import { streamed } from "./_streamed.ts";

/** How many are asked for at once, at most. */
const widest = 64;

interface StreamState {
  readonly last_seq: number;
  readonly subjects?: Readonly<Record<string, number>>;
}

function keptOf(
  stream: string,
  { subject, seq, headers, body, at }: StoredMessage,
): KeptMessage {
  return {
    id: `${stream}:${seq}`,
    message: messageOf(subject, body, headers),
    publishedAt: at,
  };
}

/**
 * What streams hold of the subjects of one pattern.
 *
 * Each message is asked for by its number, of the stream's leader: no consumer is made, which a stream may not allow, and which may hold up others.
 */
export class StreamMessages implements KeptMessages {
  readonly #hub: Hub;
  readonly #streams: readonly string[];
  readonly #address: AddressPattern;
  readonly #subject: string;

  constructor(
    hub: Hub,
    streams: readonly string[],
    address: AddressPattern,
    subject: string,
  ) {
    this.#hub = hub;
    this.#streams = streams;
    this.#address = address;
    this.#subject = subject;
  }

  read({ signal }: KeptOptions = {}): ReadableStream<KeptMessage> {
    return streamed((signal) => this.#messages(signal), signal);
  }

  async count({ signal }: KeptOptions = {}): Promise<number> {
    let count = 0;
    for (const stream of this.#streams) {
      // The server gives the subjects in pages.
      for (let offset = 0, found = 1; found > 0; offset += found) {
        const { subjects = {} } = await this.#state(stream, signal, {
          subjects_filter: this.#subject,
          offset,
        });
        const counts = Object.values(subjects);
        found = counts.length;
        for (const one of counts) count += one;
      }
    }
    return count;
  }

  async remove(
    { id, message: { address } }: KeptMessage,
    { signal }: KeptOptions = {},
  ): Promise<boolean> {
    const deed = this.#deed("remove");
    this.#check(deed, signal);
    const [, stream = "", seq = ""] = /^(.+):(\d+)$/.exec(id) ?? [];
    const ours = this.#streams.includes(stream) &&
      matchAddress(this.#address, address) !== undefined;
    if (!ours) return false;
    try {
      await this.#hub.api.ask(
        deed,
        `STREAM.MSG.DELETE.${stream}`,
        { seq: Number(seq), no_erase: true },
        signal,
      );
      return true;
    } catch (error) {
      if (isFault(error, apiErrors.sequenceNotFound)) return false;
      // The other answer is one for all that keeps it from that: whether it is still there is asked.
      if (!isFault(error, apiErrors.deleteFailed)) throw error;
      const found = await this.#get(stream, { seq: Number(seq) }, signal);
      if (found === undefined) return false;
      throw error;
    }
  }

  async purge({ signal }: KeptOptions = {}): Promise<number> {
    let purged = 0;
    for (const stream of this.#streams) {
      const deed = this.#deed("purge");
      this.#check(deed, signal);
      const answer = await this.#hub.api.ask(
        deed,
        `STREAM.PURGE.${stream}`,
        { filter: this.#subject },
        signal,
      );
      purged += answer["purged"] as number;
    }
    return purged;
  }

  async *#messages(signal: AbortSignal): AsyncGenerator<KeptMessage> {
    const ends: (readonly [string, number])[] = [];
    for (const stream of this.#streams) {
      ends.push([stream, (await this.#state(stream, signal)).last_seq]);
    }
    for (const [stream, last] of ends) {
      let next = 1;
      // Numbers ahead are asked for while they are all taken: each answer is the first from its number on.
      for (let width = 1; next <= last;) {
        const asked = Math.min(width, last - next + 1);
        const found = await this.#from(stream, next, asked, signal);
        for (const one of found) {
          if (one.seq <= last) yield keptOf(stream, one);
        }
        width = found.length === asked ? Math.min(widest, width * 2) : 1;
        next = (found.at(-1)?.seq ?? last) + 1;
      }
    }
  }

  /** The first messages from each of so many numbers on, each once. */
  async #from(
    stream: string,
    seq: number,
    count: number,
    signal: AbortSignal,
  ): Promise<readonly StoredMessage[]> {
    const answers = await Promise.all(
      Array.from({ length: count }, (_, i) => {
        const from = { seq: seq + i, next_by_subj: this.#subject };
        return this.#get(stream, from, signal);
      }),
    );
    const found = new Map<number, StoredMessage>();
    for (const one of answers) if (one !== undefined) found.set(one.seq, one);
    return [...found.values()];
  }

  async #get(
    stream: string,
    which: Wire,
    signal: AbortSignal | undefined,
  ): Promise<StoredMessage | undefined> {
    const deed = this.#deed("read");
    this.#check(deed, signal);
    return await storedMessage(this.#hub.api, deed, stream, which, signal);
  }

  async #state(
    stream: string,
    signal: AbortSignal | undefined,
    asked?: Wire,
  ): Promise<StreamState> {
    const deed = this.#deed("look at");
    this.#check(deed, signal);
    const { api } = this.#hub;
    const info = await api.ask(deed, `STREAM.INFO.${stream}`, asked, signal);
    return info["state"] as StreamState;
  }

  #deed(verb: string): string {
    return `${verb} what is kept of "${this.#address.template}"`;
  }

  #check(deed: string, signal: AbortSignal | undefined): void {
    this.#hub.checkOpen(deed);
    signal?.throwIfAborted();
  }
}
