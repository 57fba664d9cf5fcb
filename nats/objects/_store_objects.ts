import {
  checkOptions,
  isMessagingError,
  MessagingError,
  signalOnly,
} from "@ruststream/core/contract";
import type { Wire } from "../jetstream/parts.ts";
import type { NatsConnection } from "../nats_connection.ts";
import { infoOf, type Meta, type MetaWire, notesOf } from "./_meta.ts";
import { checkObjectName, subjectsOf } from "./_names.ts";
import { Put } from "./_put.ts";
import { Reading } from "./_reading.ts";
import { Shelf } from "./_shelf.ts";
import { piecesOf } from "./_slices.ts";
import { statusOf } from "./_status.ts";
import { listStore, watchStore } from "./_watching.ts";
import type { ObjectStore } from "./store_options.ts";
import type {
  ObjectBody,
  ObjectChange,
  ObjectChanges,
  ObjectInfo,
  ObjectLink,
  ObjectOptions,
  ObjectPutOptions,
  ObjectReading,
  Objects,
  ObjectStoreStatus,
  ObjectWatchOptions,
} from "./types.ts";

const notes = ["description", "headers", "metadata"];
const chunkBytesByDefault = 131_072;
// What a chunk's headers take of the largest message.
const spareBytes = 256;
const mostLinks = 8;

/** What is there, an object or a link; undefined of what is deleted. */
function there(meta: Meta | undefined): Meta | undefined {
  return meta?.wire.deleted === true ? undefined : meta;
}

function linked(wire: MetaWire): boolean {
  return wire.options?.link !== undefined && wire.options.link !== null;
}

/** The objects of a store, on one connection. */
export class StoreObjects implements Objects {
  readonly store: ObjectStore;
  readonly #connection: NatsConnection;
  readonly #shelf: Shelf;

  constructor(connection: NatsConnection, store: ObjectStore, shelf: Shelf) {
    this.store = store;
    this.#connection = connection;
    this.#shelf = shelf;
  }

  get #name(): string {
    return this.#shelf.store;
  }

  async put(
    name: string,
    body: ObjectBody,
    options: ObjectPutOptions = {},
  ): Promise<ObjectInfo> {
    const deed = this.#deed("put", name, options, [
      ...notes,
      "chunkBytes",
      "signal",
    ]);
    // Before the source is locked: what is not lawful says so now.
    notesOf(options);
    const chunkBytes = this.#chunkBytes(deed, options.chunkBytes);
    const pieces = piecesOf(deed, body);
    const plan = { deed, name, pieces, chunkBytes, options };
    return this.#info(await new Put(this.#shelf, plan).run());
  }

  async read(
    name: string,
    options: ObjectOptions = {},
  ): Promise<ObjectReading | undefined> {
    const deed = this.#deed("read", name, options);
    const { signal } = options;
    let shelf = this.#shelf;
    let wanted = name;
    for (let steps = 0; steps <= mostLinks; steps++) {
      const meta = there(await shelf.meta(deed, wanted, signal));
      if (meta === undefined) return undefined;
      if (!linked(meta.wire)) return new Reading(shelf, deed, meta, signal);
      const { store = shelf.store, name: next } = infoOf(shelf.store, meta)
        .link as ObjectLink;
      if (next === undefined) {
        throw new MessagingError(
          "refused",
          `Cannot ${deed}: it leads to the store "${store}", which is no object`,
        );
      }
      wanted = next;
      if (store !== shelf.store) shelf = new Shelf(shelf.hub, store);
    }
    throw new MessagingError(
      "refused",
      `Cannot ${deed}: more than ${mostLinks} links lead from one to the next`,
    );
  }

  async info(
    name: string,
    options: ObjectOptions = {},
  ): Promise<ObjectInfo | undefined> {
    const deed = this.#deed("look at", name, options);
    const meta = there(await this.#shelf.meta(deed, name, options.signal));
    return meta && this.#info(meta);
  }

  list(options: ObjectOptions = {}): ReadableStream<ObjectInfo> {
    checkOptions(`list object store "${this.#name}"`, options, signalOnly);
    return listStore(this.#connection, this.#shelf, options.signal);
  }

  watch(
    options: ObjectWatchOptions = {},
  ): Promise<ReadableStream<ObjectChange>> {
    return watchStore(this.#connection, this.#shelf, options);
  }

  async delete(name: string, options: ObjectOptions = {}): Promise<boolean> {
    const deed = this.#deed("delete", name, options);
    const { signal } = options;
    for (;;) {
      const meta = there(await this.#shelf.meta(deed, name, signal));
      if (meta === undefined) return false;
      try {
        await this.#shelf.say(deed, this.#gone(meta.wire), meta.revision);
      } catch (error) {
        if (!isMessagingError(error, "conflict")) throw error;
        continue;
      }
      const { nuid } = meta.wire;
      if (nuid) await this.#shelf.clear(deed, nuid);
      return true;
    }
  }

  async link(
    name: string,
    to: ObjectLink,
    options: ObjectOptions = {},
  ): Promise<ObjectInfo> {
    const deed = this.#deed("link", name, options);
    checkOptions(deed, to, ["store", "name"]);
    const { signal } = options;
    const { store = this.#name, name: target } = to;
    await this.#checkTarget(deed, store, target, signal);
    const found = await this.#shelf.meta(deed, name, signal);
    const old = there(found);
    if (old && !linked(old.wire)) throw this.#taken(deed, name);
    return await this.#say(deed, {
      name,
      bucket: this.#name,
      nuid: this.#version(),
      options: {
        link: { bucket: store, ...(target !== undefined && { name: target }) },
      },
      size: 0,
      chunks: 0,
    }, found?.revision ?? 0);
  }

  async update(
    name: string,
    changes: ObjectChanges,
    options: ObjectOptions = {},
  ): Promise<ObjectInfo> {
    const deed = this.#deed("update", name, options);
    checkOptions(deed, changes, [...notes, "name"]);
    const { signal } = options;
    const { name: wanted = name } = changes;
    checkObjectName(wanted);
    const said = notesOf(changes);
    const meta = there(await this.#shelf.meta(deed, name, signal));
    if (meta === undefined) {
      throw new MessagingError("refused", `Cannot ${deed}: it is not there`);
    }
    const wire = { ...meta.wire, ...said, name: wanted };
    if (wanted === name) return await this.#say(deed, wire, meta.revision);
    return await this.#rename(deed, meta, wire, signal);
  }

  async seal(options: ObjectOptions = {}): Promise<void> {
    const deed = `seal object store "${this.#name}"`;
    checkOptions(deed, options, signalOnly);
    const { stream } = this.#shelf.subjects;
    const answer = await this.#look(deed, options.signal);
    const config = answer["config"] as Wire;
    const sealed = { ...config, sealed: true };
    const verb = `STREAM.UPDATE.${stream}`;
    await this.#shelf.ask(deed, verb, sealed, options.signal);
  }

  async status(options: ObjectOptions = {}): Promise<ObjectStoreStatus> {
    const deed = `look at object store "${this.#name}"`;
    checkOptions(deed, options, signalOnly);
    const answer = await this.#look(deed, options.signal);
    return statusOf(this.#name, this.#shelf.subjects.stream, answer);
  }

  #deed(
    verb: string,
    name: string,
    options: ObjectOptions,
    known = signalOnly,
  ): string {
    checkObjectName(name);
    const deed = `${verb} object "${name}" of store "${this.#name}"`;
    checkOptions(deed, options, known);
    this.#shelf.check(deed, options.signal);
    return deed;
  }

  #chunkBytes(deed: string, asked: number | undefined): number {
    const most = this.#shelf.hub.session.info.max_payload - spareBytes;
    if (asked === undefined) return Math.min(chunkBytesByDefault, most);
    if (Number.isSafeInteger(asked) && asked > 0 && asked <= most) return asked;
    throw new RangeError(
      `Cannot ${deed}: expected chunkBytes to be a whole number from 1 to ${most}, found ${asked}`,
    );
  }

  #info(meta: Meta): ObjectInfo {
    return infoOf(this.#name, meta);
  }

  #version(): string {
    return this.#shelf.hub.session.inbox().split(".").at(-1) ?? "";
  }

  #gone(wire: MetaWire): MetaWire {
    const mtime = new Date(this.#shelf.clock.now()).toISOString();
    return { ...wire, size: 0, chunks: 0, digest: "", mtime, deleted: true };
  }

  async #say(
    deed: string,
    wire: MetaWire,
    revision: number,
  ): Promise<ObjectInfo> {
    const atMs = this.#shelf.clock.now();
    const said = { ...wire, mtime: new Date(atMs).toISOString() };
    const now = await this.#shelf.say(deed, said, revision);
    return this.#info({ wire: said, revision: now, atMs });
  }

  #taken(deed: string, name: string): MessagingError {
    return new MessagingError(
      "conflict",
      `Cannot ${deed}: there is an object "${name}"`,
    );
  }

  async #rename(
    deed: string,
    meta: Meta,
    wire: MetaWire,
    signal: AbortSignal | undefined,
  ): Promise<ObjectInfo> {
    const found = await this.#shelf.meta(deed, wire.name, signal);
    if (there(found)) throw this.#taken(deed, wire.name);
    const info = await this.#say(deed, wire, found?.revision ?? 0);
    // Its chunks are not the old name's any more: who puts that again removes those of its own version.
    const old = { ...this.#gone(meta.wire), nuid: this.#version() };
    try {
      await this.#shelf.say(deed, old, meta.revision);
    } catch (error) {
      await this.#shelf.say(deed, this.#gone(wire), info.revision)
        .catch(() => {});
      throw error;
    }
    return info;
  }

  async #checkTarget(
    deed: string,
    store: string,
    target: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const refused = (found: string): MessagingError =>
      new MessagingError("refused", `Cannot ${deed}: ${found}`);
    const { api } = this.#shelf.hub;
    const { stream } = subjectsOf(store);
    if (await api.stream(stream, signal) === undefined) {
      throw refused(`there is no store "${store}"`);
    }
    if (target === undefined) return;
    checkObjectName(target);
    const shelf = new Shelf(this.#shelf.hub, store);
    const meta = there(await shelf.meta(deed, target, signal));
    if (meta === undefined) {
      throw refused(`there is no object "${target}" in store "${store}"`);
    }
    if (linked(meta.wire)) throw refused(`"${target}" is a link itself`);
  }

  #look(deed: string, signal: AbortSignal | undefined): Promise<Wire> {
    const verb = `STREAM.INFO.${this.#shelf.subjects.stream}`;
    return this.#shelf.ask(deed, verb, {}, signal);
  }
}
