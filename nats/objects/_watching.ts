import { checkOptions, type Clock, onAbort } from "@ruststream/core/contract";
import type { OrderedDelivery } from "../jetstream/delivery.ts";
import { streamed } from "../jetstream/parts.ts";
import type { OrderedSubscription } from "../jetstream/subscription.ts";
import type { NatsConnection } from "../nats_connection.ts";
import { closedError } from "../nats_error.ts";
import { infoOf, parseMeta } from "./_meta.ts";
import { checkStart, readStore } from "./_opening.ts";
import type { Shelf } from "./_shelf.ts";
import type {
  ObjectChange,
  ObjectInfo,
  ObjectWatchOptions,
  WatchObjectsStart,
} from "./types.ts";

const pauseMs = 1_000;

/** What happens in a store, in order. */
class Changes {
  readonly #shelf: Shelf;
  readonly #deed: string;
  readonly #signal: AbortSignal;
  readonly #subscription: OrderedSubscription;
  readonly #reader: ReadableStreamDefaultReader<OrderedDelivery>;
  #reading: Promise<ReadableStreamReadResult<OrderedDelivery>> | undefined;
  // The last that was there when it began, and the last that came.
  #until: number;
  #seen = 0;
  #told = false;

  constructor(
    shelf: Shelf,
    deed: string,
    signal: AbortSignal,
    subscription: OrderedSubscription,
    until: number,
  ) {
    this.#shelf = shelf;
    this.#deed = deed;
    this.#signal = signal;
    this.#subscription = subscription;
    this.#reader = subscription.deliveries.getReader();
    this.#until = until;
  }

  async next(): Promise<ObjectChange> {
    for (;;) {
      if (!this.#told && this.#seen >= this.#until) {
        this.#told = true;
        return { operation: "caught-up" };
      }
      const delivery = this.#told ? await this.#read() : await this.#readSoon();
      if (delivery === undefined) continue;
      this.#seen = delivery.sequence;
      const change = this.#changeOf(delivery);
      if (change !== undefined) return change;
    }
  }

  async end(): Promise<void> {
    await this.#subscription[Symbol.asyncDispose]();
  }

  #changeOf(
    { sequence: revision, publishedAt: at, message }: OrderedDelivery,
  ): ObjectChange | undefined {
    const wire = parseMeta(message.body);
    if (wire === undefined) return undefined;
    if (wire.deleted === true) {
      return { operation: "delete", name: wire.name, revision, at };
    }
    const atMs = at.getTime();
    const info = infoOf(this.#shelf.store, { wire, revision, atMs });
    return { operation: "put", info };
  }

  async #read(): Promise<OrderedDelivery> {
    this.#reading ??= this.#reader.read();
    const { done, value } = await this.#reading;
    this.#reading = undefined;
    if (!done) return value;
    throw closedError(this.#deed);
  }

  // What was still to come may have expired, or been removed: then nothing says so.
  async #readSoon(): Promise<OrderedDelivery | undefined> {
    const quiet = Symbol();
    const late = Promise.withResolvers<typeof quiet>();
    const { clock }: { readonly clock: Clock } = this.#shelf;
    const cancel = clock.after(pauseMs, () => late.resolve(quiet));
    const reading = this.#read();
    reading.catch(() => {});
    try {
      const found = await Promise.race([reading, late.promise]);
      if (found !== quiet) return found;
    } finally {
      cancel();
    }
    const last = await lastOf(this.#shelf, this.#deed, this.#signal);
    if (last <= this.#seen) this.#until = 0;
    return undefined;
  }
}

/** The number of the last thing that was said of any object; 0 where nothing was. */
async function lastOf(
  shelf: Shelf,
  deed: string,
  signal: AbortSignal,
): Promise<number> {
  const wanted = { last_by_subj: shelf.subjects.allMeta };
  return (await shelf.get(deed, wanted, signal))?.sequence ?? 0;
}

/** Begins to watch; the signal ends that, too. */
async function open(
  connection: NatsConnection,
  shelf: Shelf,
  deed: string,
  from: WatchObjectsStart,
  signal: AbortSignal,
): Promise<Changes> {
  shelf.check(deed, signal);
  const plan = { store: shelf.store, from };
  const subscription = await readStore(connection, { signal }, plan);
  try {
    const until = from === "new" ? 0 : await lastOf(shelf, deed, signal);
    return new Changes(shelf, deed, signal, subscription, until);
  } catch (error) {
    await subscription[Symbol.asyncDispose]();
    throw error;
  }
}

async function* read(
  changes: Changes,
  signal: AbortSignal,
): AsyncGenerator<ObjectChange> {
  try {
    for (;;) yield await changes.next();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await changes.end();
  }
}

/** What happens in a store, as a stream. */
export async function watchStore(
  connection: NatsConnection,
  shelf: Shelf,
  options: ObjectWatchOptions,
): Promise<ReadableStream<ObjectChange>> {
  const deed = `watch object store "${shelf.store}"`;
  checkOptions(deed, options, ["from", "signal"]);
  const { from = "current", signal } = options;
  checkStart(deed, from);
  const over = new AbortController();
  const forget = onAbort(signal, (reason) => over.abort(reason));
  try {
    const changes = await open(connection, shelf, deed, from, over.signal);
    return streamed((ended) => read(changes, ended), signal, over);
  } finally {
    forget();
  }
}

/** The objects that are there when it is first read. */
export function listStore(
  connection: NatsConnection,
  shelf: Shelf,
  signal: AbortSignal | undefined,
): ReadableStream<ObjectInfo> {
  const deed = `list object store "${shelf.store}"`;
  return streamed(async function* (over) {
    const found = new Map<string, ObjectInfo>();
    const changes = await open(connection, shelf, deed, "current", over);
    for await (const change of read(changes, over)) {
      if (change.operation === "caught-up") break;
      // Other clients may have left what was said before.
      if (change.operation === "delete") found.delete(change.name);
      else found.set(change.info.name, change.info);
    }
    yield* found.values();
  }, signal);
}
