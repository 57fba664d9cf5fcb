import {
  type Clock,
  isMessagingError,
  MessagingError,
} from "@ruststream/core/contract";
import {
  apiErrors,
  faultOf,
  type Hub,
  idHeader,
  isElecting,
  isPassing,
  notStored,
  orNone,
  parseAnswer,
  storedMessage,
  type Wire,
} from "../jetstream/parts.ts";
import { closedError } from "../nats_error.ts";
import { wireHeaders } from "../wire_headers.ts";
import { type Meta, metaBytes, type MetaWire, parseMeta } from "./_meta.ts";
import { type StoreSubjects, subjectsOf } from "./_names.ts";

/** A message of the store's stream. */
export interface Kept {
  readonly sequence: number;
  readonly body: Uint8Array;
  readonly atMs: number;
}

const longestMs = 5_000;
// How long any copy of the stream may take, before its leader is asked.
const soonMs = 2_000;
const patienceMs = 30_000;
const pauseMs = 250;
// How often a message that is missing is asked for where there are several copies of a store.
const triesOfCopies = 8;
const encoder = new TextEncoder();

/** How the stream of a store may be read. */
interface Kind {
  /** Whether any copy of it answers. */
  readonly direct: boolean;
  readonly copies: number;
}

/** Whether it may be otherwise in a moment; what is full stays so. */
function mayPass(error: unknown): boolean {
  return isMessagingError(error, "overloaded")
    ? isElecting(error)
    : isPassing(error);
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length &&
    one.every((byte, i) => byte === other[i]);
}

/** The messages of a store: what is asked of its stream, and asked again while the server is away. */
export class Shelf {
  readonly hub: Hub;
  readonly store: string;
  readonly subjects: StoreSubjects;
  #kind: Kind | undefined;

  constructor(hub: Hub, store: string) {
    this.hub = hub;
    this.store = store;
    this.subjects = subjectsOf(store);
  }

  get clock(): Clock {
    return this.hub.session.clock;
  }

  /** What is said of an object, a deleted one too; undefined where there was none. */
  async meta(
    deed: string,
    name: string,
    signal?: AbortSignal,
  ): Promise<Meta | undefined> {
    const wanted = { last_by_subj: this.subjects.meta(name) };
    const found = await this.get(deed, wanted, signal);
    if (found === undefined) return undefined;
    const { sequence: revision, body, atMs } = found;
    const wire = parseMeta(body);
    if (wire !== undefined) return { wire, revision, atMs };
    throw new MessagingError(
      "bad-reply",
      `Cannot ${deed}: what the store says of it is not readable`,
    );
  }

  /** A message, as the leader of the stream has it; undefined where there is none. */
  async get(
    deed: string,
    wanted: Wire,
    signal?: AbortSignal,
  ): Promise<Kept | undefined> {
    this.check(deed, signal);
    const { hub: { api }, subjects: { stream } } = this;
    const found = await this.patiently(
      deed,
      () => storedMessage(api, deed, stream, wanted, signal),
      signal,
    );
    if (found === undefined) return undefined;
    const { seq: sequence, body, at } = found;
    return { sequence, body, atMs: at.getTime() };
  }

  /** The first message of a subject from a number on, of whoever has it: the copies of the stream share the work. */
  async next(
    deed: string,
    subject: string,
    from: number,
    signal: AbortSignal,
  ): Promise<Kept | undefined> {
    const wanted = { seq: from, next_by_subj: subject };
    const { direct, copies } = this.#kind ??= await this.#look(deed, signal);
    for (let tries = copies > 1 ? triesOfCopies : 1;; tries--) {
      const found = (direct ? await this.#askAny(wanted, signal) : undefined) ??
        // A copy may be behind, and the stream gone: the leader knows.
        await this.get(deed, wanted, signal);
      if (found !== undefined || tries === 1) return found;
      // Who is a leader no longer, or not yet, may not know either.
      await this.clock.sleep(pauseMs, signal);
    }
  }

  /** Stores one message, once; returns its number. Rejects where nobody says that it was. */
  async publish(
    deed: string,
    subject: string,
    body: Uint8Array,
    fields: readonly (readonly [string, string])[],
    signal?: AbortSignal,
  ): Promise<number> {
    const { data } = await this.hub.session.ask(subject, body, {
      headers: wireHeaders(fields),
      timeoutMs: longestMs,
      outlives: true,
      ...(signal !== undefined && { signal }),
    });
    const answer = parseAnswer(data);
    const fault = faultOf(answer);
    if (fault !== undefined) throw notStored(deed, fault);
    const { seq } = answer;
    if (typeof seq === "number") return seq;
    throw new MessagingError(
      "refused",
      `Cannot ${deed}: somebody answered who is no stream`,
    );
  }

  /** Says something of an object, in place of all before it; `revision` is what was said last, 0 where nothing was. Rejects with `conflict` where it is not. */
  async say(
    deed: string,
    wire: MetaWire,
    revision: number,
    signal?: AbortSignal,
  ): Promise<number> {
    const subject = this.subjects.meta(wire.name);
    const fields = [
      [idHeader, `${this.hub.session.inbox()}.meta`],
      ["Nats-Rollup", "sub"],
      ["Nats-Expected-Last-Subject-Sequence", `${revision}`],
    ] as const;
    const body = metaBytes(wire);
    const { max_payload } = this.hub.session.info;
    const spare = 512;
    if (body.length + spare > max_payload) {
      throw new MessagingError(
        "too-large",
        `Cannot ${deed}: what is said of it has ${body.length} bytes, at most ${
          max_payload - spare
        } are taken`,
      );
    }
    let tries = 0;
    return await this.patiently(deed, async () => {
      try {
        tries++;
        return await this.publish(deed, subject, body, fields);
      } catch (error) {
        const perhaps = tries > 1 && isMessagingError(error, "conflict");
        const said = perhaps
          ? await this.#saidAlready(deed, subject, body)
          : undefined;
        if (said === undefined) throw error;
        return said;
      }
    }, signal);
  }

  // It may have been stored before, and its answer lost.
  async #saidAlready(
    deed: string,
    subject: string,
    body: Uint8Array,
  ): Promise<number | undefined> {
    const last = await this.get(deed, { last_by_subj: subject });
    return last !== undefined && sameBytes(last.body, body)
      ? last.sequence
      : undefined;
  }

  /** Removes the bytes of one version of an object. */
  async clear(deed: string, version: string): Promise<void> {
    const verb = `STREAM.PURGE.${this.subjects.stream}`;
    const body = { filter: this.subjects.chunks(version) };
    const { api, session } = this.hub;
    // Nobody answers any more, but what is sent still leaves.
    if (session.closed) return api.tell(verb, body);
    await this.ask(deed, verb, body);
  }

  /** Removes one message; where it is gone already that is the same. */
  async remove(
    deed: string,
    sequence: number,
    signal: AbortSignal,
  ): Promise<void> {
    const verb = `STREAM.MSG.DELETE.${this.subjects.stream}`;
    const body = { seq: sequence, no_erase: true };
    await orNone(
      [apiErrors.sequenceNotFound, apiErrors.deleteFailed],
      () => this.ask(deed, verb, body, signal),
    );
  }

  /** Asks JetStream, and again while it is away: only what may be done twice. */
  ask(
    deed: string,
    verb: string,
    body: Wire = {},
    signal?: AbortSignal,
  ): Promise<Wire> {
    this.check(deed, signal);
    const { api } = this.hub;
    return this.patiently(
      deed,
      () => api.ask(deed, verb, body, signal),
      signal,
    );
  }

  /** Refuses what needs the connection once that is closed, and what is aborted. */
  check(deed: string, signal?: AbortSignal): void {
    this.hub.checkOpen(deed);
    signal?.throwIfAborted();
  }

  /** Does it, and again while the server is away or elects a leader, for half a minute. */
  async patiently<T>(
    deed: string,
    run: () => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const end = this.clock.now() + patienceMs;
    for (;;) {
      try {
        return await run();
      } catch (error) {
        await this.pause(deed, error, end, signal);
      }
    }
  }

  /** Waits before something is tried again; throws the error where that is no use, or too late. */
  async pause(
    deed: string,
    error: unknown,
    end: number,
    signal?: AbortSignal,
  ): Promise<void> {
    const { session } = this.hub;
    if (!mayPass(error) || this.clock.now() >= end) throw error;
    if (isMessagingError(error, "no-responder")) await this.#checkThere(deed);
    const over = new AbortController();
    const forget = session.onChange((change) => {
      if (change === "closed") over.abort(closedError(deed));
    });
    try {
      const signals = signal === undefined ? [] : [signal];
      const either = AbortSignal.any([over.signal, ...signals]);
      await this.clock.sleep(pauseMs, either);
      this.hub.checkOpen(deed);
    } finally {
      forget();
    }
  }

  // Nobody takes its messages: it is gone, or has no leader.
  async #checkThere(deed: string): Promise<void> {
    const { hub: { api }, store, subjects: { stream } } = this;
    const there = await api.stream(stream).catch((error) => {
      if (mayPass(error)) return {};
      throw error;
    });
    if (there !== undefined) return;
    throw new MessagingError(
      "refused",
      `Cannot ${deed}: there is no store "${store}"`,
    );
  }

  async #look(deed: string, signal: AbortSignal): Promise<Kind> {
    const verb = `STREAM.INFO.${this.subjects.stream}`;
    const { config } = await this.ask(deed, verb, {}, signal);
    const { allow_direct, num_replicas } = config as Wire;
    return {
      direct: allow_direct === true,
      copies: num_replicas as number | undefined ?? 1,
    };
  }

  async #askAny(
    wanted: Wire,
    signal: AbortSignal,
  ): Promise<Kept | undefined> {
    const { api: { prefix }, session } = this.hub;
    const subject = `${prefix}.DIRECT.GET.${this.subjects.stream}`;
    try {
      const { headers, data } = await session.ask(
        subject,
        encoder.encode(JSON.stringify(wanted)),
        { timeoutMs: soonMs, signal },
      );
      const sequence = Number(headers?.get("Nats-Sequence"));
      if (!(sequence > 0)) return undefined;
      const atMs = Date.parse(headers?.get("Nats-Time-Stamp") ?? "");
      // The view is one of all that came at once.
      return { sequence, body: data.slice(), atMs };
    } catch {
      // The leader says why, if it is the same there.
      return undefined;
    }
  }
}
