/**
 * What the tests of object stores share: a store in this process, and looks into its stream.
 *
 * @module
 */
import type { Msg } from "@nats-io/nats-core";
import { VirtualClock } from "@ruststream/core/testing";
import type { NatsConnection } from "../nats_connection.ts";
import { natsBroker } from "../nats_broker.ts";
import { sessionOf } from "../session_of.ts";
import { objects, objectStore } from "./object_store.ts";
import type { ObjectStoreOptions } from "./store_options.ts";
import type { Objects } from "./types.ts";

const encoder = new TextEncoder();

/** A store in this process, with time that stands still. */
export interface Place extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly connection: NatsConnection;
  readonly images: Objects;
  /** Another connection to the same server. */
  other(): Promise<NatsConnection>;
}

export async function place(
  options?: ObjectStoreOptions,
  serverVersion = "2.15.1",
): Promise<Place> {
  const clock = new VirtualClock({ startMs: Date.parse("2026-03-02") });
  const broker = await natsBroker().inProcess({ serverVersion });
  const connections: NatsConnection[] = [];
  const other = async (): Promise<NatsConnection> => {
    const connection = await broker.connect({ clock });
    connections.push(connection);
    return connection;
  };
  const connection = await other();
  const images = await objects(connection, objectStore("images", options));
  return {
    clock,
    connection,
    images,
    other,
    async [Symbol.asyncDispose]() {
      for (const one of connections) await one.shutdown();
    },
  };
}

/** So many bytes, of which no two parts are alike. */
export function bytes(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 | 0;
    return state >>> 24;
  });
}

/** A source, and what became of it. */
export interface Source {
  readonly stream: ReadableStream<Uint8Array>;
  /** How many pieces were taken. */
  taken(): number;
  /** Why it was cancelled, if it was. */
  cancelled(): unknown;
}

/** Gives one piece so many times; `before` is called ahead of each, with its number. */
export function source(
  count: number,
  piece: Uint8Array,
  before: (index: number) => unknown = () => {},
): Source {
  let taken = 0;
  let cancelled: unknown;
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (taken === count) return controller.close();
      const index = taken++;
      await before(index);
      controller.enqueue(piece);
    },
    cancel(reason) {
      cancelled = reason;
    },
  }, { highWaterMark: 0 });
  return { stream, taken: () => taken, cancelled: () => cancelled };
}

type Answer = Readonly<Record<string, unknown>>;

/** Asks JetStream by hand. */
export async function api(
  connection: NatsConnection,
  verb: string,
  body: unknown = {},
): Promise<Answer> {
  const msg = await sessionOf(connection).ask(
    `$JS.API.${verb}`,
    encoder.encode(JSON.stringify(body)),
    { timeoutMs: 5_000 },
  );
  return msg.json<Answer>();
}

/** What the stream of the store holds. */
export interface Holds {
  readonly messages: number;
  readonly consumer_count: number;
  readonly subjects: Readonly<Record<string, number>>;
}

export async function holds(connection: NatsConnection): Promise<Holds> {
  const body = { subjects_filter: ">" };
  const { state } = await api(connection, "STREAM.INFO.OBJ_images", body);
  const { subjects = {}, ...rest } = state as Holds;
  return { ...rest, subjects };
}

/** How many messages hold bytes, and how many say something. */
export async function counts(
  connection: NatsConnection,
): Promise<{ readonly chunks: number; readonly meta: number }> {
  const { subjects } = await holds(connection);
  const of = (prefix: string): number =>
    Object.entries(subjects)
      .filter(([subject]) => subject.startsWith(prefix))
      .reduce((sum, [, count]) => sum + count, 0);
  return { chunks: of("$O.images.C."), meta: of("$O.images.M.") };
}

/** Where the bytes of the only object with bytes are. */
export async function chunkSubject(
  connection: NatsConnection,
): Promise<string> {
  const { subjects } = await holds(connection);
  const found = Object.keys(subjects).filter((one) => one.includes(".C."));
  return found.length === 1 ? found[0] as string : "";
}

/** Cuts the connection to a server in this process; it dials again when time passes. */
export function cut(connection: NatsConnection): void {
  (sessionOf(connection).nc as unknown as { cut(): void }).cut();
}

/** Lets time pass until something ends. */
export async function passing<T>(
  clock: VirtualClock,
  work: Promise<T>,
): Promise<T> {
  let ended = false;
  const end = (): void => void (ended = true);
  work.then(end, end);
  for (let left = 2_000; !ended && left > 0; left--) await clock.advance(50);
  return await work;
}

type Ask = (subject: string, send: () => Promise<Msg>) => Promise<Msg>;

/** Stands between a connection and its server: what is asked goes by `each`, in order. */
export function between(connection: NatsConnection, each: Ask): void {
  const session = sessionOf(connection);
  const ask = session.ask.bind(session);
  session.ask = (subject, body, options) =>
    each(subject, () => ask(subject, body, options));
}
