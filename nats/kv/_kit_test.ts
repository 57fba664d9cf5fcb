/**
 * What the tests of buckets share.
 *
 * @module
 */
import { type Clock, isMessagingError } from "@ruststream/core/contract";
import { bytesCodec, type } from "@ruststream/core";
import {
  type Bucket,
  bucket,
  type KeyValue,
  keyValue,
  natsBroker,
  type NatsConnection,
} from "@ruststream/nats";
import type { InsideNative } from "../inside/native.ts";
import { Hub } from "../jetstream/parts.ts";
import { sessionOf } from "../session_of.ts";

/** What the values of the tests are. */
export interface Count {
  readonly count: number;
}

/** The bucket of most tests. */
export const stock: Bucket<Count, Count> = bucket("stock", {
  payload: type<Count>(),
  history: 5,
});

/** A bucket of bytes. */
export const blobs: Bucket<Uint8Array, Uint8Array> = bucket("blobs", {
  payload: type<Uint8Array>(),
  codec: bytesCodec,
});

/** A connection to a server in this process. */
export async function inside(
  clock?: Clock,
  serverVersion?: string,
): Promise<NatsConnection> {
  const backoff = { initialMs: 10, maxMs: 50 };
  const broker = await natsBroker({ backoff }).inProcess(
    serverVersion === undefined ? {} : { serverVersion },
  );
  return await broker.connect(clock === undefined ? {} : { clock });
}

/** Cuts a connection of a server in this process; it dials again by itself. */
export function cut(connection: NatsConnection): void {
  (sessionOf(connection).nc as unknown as InsideNative).cut();
}

/** Lets what was sent arrive. */
export async function flushed(connection: NatsConnection): Promise<void> {
  await sessionOf(connection).flush();
}

/** Asks JetStream's API. */
export async function api(
  connection: NatsConnection,
  verb: string,
  body: object = {},
): Promise<Readonly<Record<string, unknown>>> {
  return await Hub.of(sessionOf(connection)).api.ask("test", verb, { ...body });
}

/** The bucket of most tests, open. */
export async function openStock(
  connection: NatsConnection,
): Promise<KeyValue<Count, Count>> {
  return await keyValue(connection, stock);
}

/** Reads so many chunks, and lets go of the stream. */
export async function take<T>(
  stream: ReadableStream<T>,
  count: number,
): Promise<readonly T[]> {
  const reader = stream.getReader();
  const taken: T[] = [];
  while (taken.length < count) {
    const { done, value } = await reader.read();
    if (done) break;
    taken.push(value);
  }
  reader.releaseLock();
  return taken;
}

interface Told {
  readonly operation: string;
  readonly key?: string;
  readonly value?: unknown;
}

/** Entries in short: `apples put 1`. */
export function inShort(entries: readonly Told[]): readonly string[] {
  return entries.map(({ operation, key, value }) =>
    [key, operation, (value as Count | undefined)?.count]
      .filter((part) => part !== undefined).join(" ")
  );
}

/** What a promise rejects with; undefined where it resolves. */
export async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return undefined;
}

/** The code of what a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const reason = await reasonOf(promise);
  if (reason === undefined) return "resolved";
  return isMessagingError(reason) ? reason.code : `${reason}`;
}
