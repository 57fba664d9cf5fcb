import {
  isMessagingError,
  MessagingError,
  onAbort,
  untilAborted,
} from "@ruststream/core/contract";
import { createHash } from "node:crypto";
import { idHeader, type Opened, type StreamHolds } from "../jetstream/parts.ts";
import { closedError } from "../nats_error.ts";
import { type Meta, type MetaWire, notesOf } from "./_meta.ts";
import { base64Url } from "./_names.ts";
import type { Shelf } from "./_shelf.ts";
import { type Pieces, Slices } from "./_slices.ts";
import type { ObjectPutOptions } from "./types.ts";

// How many bytes, and how many messages, may be on their way at once.
const windowBytes = 2 * 1_048_576;
const windowChunks = 16;

/** How many chunks of a size may be on their way at once. */
export function widthOf(chunkBytes: number): number {
  const fits = Math.floor(windowBytes / Math.max(1, chunkBytes));
  return Math.max(1, Math.min(windowChunks, fits));
}

const patienceMs = 30_000;

/** A chunk that nobody has confirmed yet. */
interface Sent {
  id: string;
  readonly body: Uint8Array;
  stored: Promise<number>;
}

/** Chunks that are sent one behind the other, until one of them fails. */
class Flight {
  readonly over: AbortController = new AbortController();
  /** Why one failed, if one did. */
  broken: unknown;
}

/** What {@linkcode Put} is to do. */
export interface PutPlan {
  readonly deed: string;
  readonly name: string;
  readonly pieces: Pieces;
  readonly chunkBytes: number;
  readonly options: ObjectPutOptions;
}

/** One object on its way into a store. */
export class Put implements Opened {
  readonly #shelf: Shelf;
  readonly #plan: PutPlan;
  readonly #version: string;
  readonly #over = new AbortController();
  readonly #done = Promise.withResolvers<void>();
  // In the order of the object: what comes first is confirmed first.
  readonly #window: Sent[] = [];
  #flight = new Flight();
  #sent = 0;
  #last = 0;
  #resent = false;
  // Whether all is said, and nobody may take it back.
  #said = false;

  constructor(shelf: Shelf, plan: PutPlan) {
    this.#shelf = shelf;
    this.#plan = plan;
    this.#version = shelf.hub.session.inbox().split(".").at(-1) ?? "";
  }

  /** Stores it, and returns what is said of it then. */
  async run(): Promise<Meta> {
    const { hub } = this.#shelf;
    const { options: { signal }, pieces } = this.#plan;
    const { signal: over } = this.#over;
    const forgets = [
      onAbort(signal, (reason) => this.#over.abort(reason)),
      onAbort(over, (reason) => pieces.cancel(reason)),
    ];
    hub.opened.add(this);
    try {
      over.throwIfAborted();
      return await this.#run(over);
    } catch (error) {
      pieces.cancel(error);
      await this.#undo();
      throw error;
    } finally {
      for (const forget of forgets) forget();
      hub.opened.delete(this);
      this.#done.resolve();
    }
  }

  stop(): void {
    this.#over.abort(closedError(this.#plan.deed));
  }

  async end(): Promise<void> {
    await this.#done.promise;
  }

  async #run(over: AbortSignal): Promise<Meta> {
    const { deed, name, chunkBytes, options } = this.#plan;
    const { clock } = this.#shelf;
    // Who may not, or cannot, is told before the source is read.
    const before = await this.#shelf.meta(deed, name, over);
    const body = await this.#store(over);
    over.throwIfAborted();
    const atMs = clock.now();
    const wire: MetaWire = {
      name,
      ...notesOf(options),
      options: { max_chunk_size: chunkBytes },
      bucket: this.#shelf.store,
      nuid: this.#version,
      ...body,
      mtime: new Date(atMs).toISOString(),
      deleted: false,
    };
    this.#said = true;
    return { wire, revision: await this.#say(wire, before), atMs };
  }

  async #store(
    over: AbortSignal,
  ): Promise<Required<Pick<MetaWire, "size" | "chunks" | "digest">>> {
    const { pieces, chunkBytes } = this.#plan;
    const slices = new Slices(pieces, chunkBytes);
    const width = widthOf(chunkBytes);
    const hash = createHash("sha256");
    let size = 0;
    for (;;) {
      const slice = await slices.next();
      // A source that was cancelled looks like one that has ended.
      over.throwIfAborted();
      if (slice === undefined) break;
      hash.update(slice);
      size += slice.length;
      this.#send(slice);
      if (this.#window.length >= width) await this.#confirm(over);
    }
    while (this.#window.length > 0) await this.#confirm(over);
    if (this.#resent) await this.#checkOnce(over);
    const digest = `SHA-256=${base64Url(hash.digest())}`;
    return { size, chunks: this.#sent, digest };
  }

  #send(body: Uint8Array): void {
    const id = `${this.#version}.${this.#sent++}`;
    this.#window.push({ id, body, stored: this.#publish(id, body) });
  }

  #publish(id: string, body: Uint8Array): Promise<number> {
    const { deed } = this.#plan;
    const subject = this.#shelf.subjects.chunks(this.#version);
    const fields = [[idHeader, id]] as const;
    const flight = this.#flight;
    const stored = flight.broken === undefined
      ? this.#shelf.publish(deed, subject, body, fields, flight.over.signal)
      : Promise.reject(flight.broken);
    // It is looked at when its turn comes; until then none that is behind it may overtake it, nor wait for a connection to do so.
    stored.catch((error) => {
      flight.broken ??= error;
      if (isMessagingError(error, "connection")) flight.over.abort(error);
    });
    return stored;
  }

  /** Waits for the first that is not confirmed. */
  async #confirm(over: AbortSignal): Promise<void> {
    const [first] = this.#window;
    if (first === undefined) return;
    let sequence: number;
    try {
      sequence = await untilAborted(() => first.stored, over);
    } catch (error) {
      sequence = await this.#again(first, error, over);
    }
    this.#window.shift();
    // Those behind one that was lost overtook it: the server went away and came back between them.
    if (sequence <= this.#last) throw this.#disordered();
    this.#last = sequence;
  }

  #disordered(): MessagingError {
    return new MessagingError(
      "connection",
      `Cannot ${this.#plan.deed}: its chunks came out of order, or twice, while the server was away`,
    );
  }

  // The stream may have forgotten what it had taken before.
  async #checkOnce(over: AbortSignal): Promise<void> {
    const { subjects } = this.#shelf;
    const subject = subjects.chunks(this.#version);
    const { state } = await this.#shelf.ask(
      this.#plan.deed,
      `STREAM.INFO.${subjects.stream}`,
      { subjects_filter: subject },
      over,
    );
    const { subjects: held } = state as StreamHolds;
    if (held?.[subject] !== this.#sent) throw this.#disordered();
  }

  // One alone until it is there, then the others: so none overtakes another. What is there already is not stored twice.
  async #again(
    first: Sent,
    error: unknown,
    over: AbortSignal,
  ): Promise<number> {
    const { deed } = this.#plan;
    const { clock } = this.#shelf;
    const end = clock.now() + patienceMs;
    this.#resent = true;
    await this.#settled();
    over.throwIfAborted();
    for (let found = error;;) {
      await this.#shelf.pause(deed, found, end, over);
      await this.#takeBack(over);
      this.#flight = new Flight();
      first.stored = this.#publish(first.id, first.body);
      try {
        const sequence = await untilAborted(() => first.stored, over);
        for (const one of this.#window.slice(1)) {
          one.stored = this.#publish(one.id, one.body);
        }
        return sequence;
      } catch (cause) {
        found = cause;
      }
    }
  }

  /** Removes those that overtook the first one, as it happens while a leader is elected: they are sent behind it again. */
  async #takeBack(over: AbortSignal): Promise<void> {
    const { deed } = this.#plan;
    const [, ...others] = this.#window;
    for (const one of others) {
      const sequence = await one.stored.catch(() => undefined);
      if (sequence === undefined) continue;
      await this.#shelf.remove(deed, sequence, over);
      // The stream still knows the former.
      one.id += "+";
      one.stored = Promise.reject(this.#disordered());
      one.stored.catch(() => {});
    }
  }

  async #settled(): Promise<void> {
    await Promise.allSettled(this.#window.map(({ stored }) => stored));
  }

  /** Says that it is there; of several at once each takes the place of one. */
  async #say(wire: MetaWire, before: Meta | undefined): Promise<number> {
    const { deed, name } = this.#plan;
    for (let found = before;;) {
      try {
        const revision = await this.#shelf.say(
          deed,
          wire,
          found?.revision ?? 0,
          this.#over.signal,
        );
        await this.#removeOld(found);
        return revision;
      } catch (error) {
        if (!isMessagingError(error, "conflict")) throw error;
        found = await this.#shelf.meta(deed, name);
      }
    }
  }

  // The object is there, whatever becomes of what it took the place of.
  async #removeOld(old: Meta | undefined): Promise<void> {
    const { nuid } = old?.wire ?? {};
    if (nuid) await this.#shelf.clear(this.#plan.deed, nuid).catch(() => {});
  }

  /** Removes what was stored of it, but where it may be an object by now. */
  async #undo(): Promise<void> {
    const { hub: { session } } = this.#shelf;
    if (this.#sent === 0) return;
    const clearing = this.#clear().catch(() => {});
    // What is away is cleared once it is back, and nobody waits for that.
    if (session.connected) await clearing;
  }

  async #clear(): Promise<void> {
    const { deed, name } = this.#plan;
    await this.#settled();
    if (this.#said) {
      const now = await this.#shelf.meta(deed, name);
      if (now?.wire.nuid === this.#version) return;
    }
    await this.#shelf.clear(deed, this.#version);
  }
}
