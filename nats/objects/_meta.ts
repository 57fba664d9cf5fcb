import {
  headers,
  type HeadersInput,
  type MessageHeaders,
} from "@ruststream/core/contract";
import type { ObjectInfo, ObjectLink, ObjectNotes } from "./types.ts";

/** What is said of an object, as the clients of NATS write it. What is not known here is kept as it is. */
export interface MetaWire {
  readonly name: string;
  readonly bucket?: string;
  readonly description?: string;
  readonly headers?: Readonly<Record<string, readonly string[]>> | null;
  readonly metadata?: Readonly<Record<string, string>> | null;
  readonly options?: {
    readonly max_chunk_size?: number;
    readonly link?: { readonly bucket?: string; readonly name?: string } | null;
  } | null;
  readonly nuid?: string;
  readonly size?: number;
  readonly chunks?: number;
  readonly digest?: string;
  readonly mtime?: string;
  readonly deleted?: boolean;
}

/** What is said of an object, and where. */
export interface Meta {
  readonly wire: MetaWire;
  readonly revision: number;
  /** When it was stored, in milliseconds since the epoch. */
  readonly atMs: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What is said of an object; undefined where it is not readable. */
export function parseMeta(body: Uint8Array): MetaWire | undefined {
  try {
    const found: unknown = JSON.parse(decoder.decode(body));
    const { name } = found as { readonly name?: unknown };
    return typeof name === "string" ? found as MetaWire : undefined;
  } catch {
    return undefined;
  }
}

/** The bytes of what is said of an object. */
export function metaBytes(wire: MetaWire): Uint8Array {
  return encoder.encode(JSON.stringify(wire));
}

function fieldsOf(
  input: HeadersInput,
): Readonly<Record<string, readonly string[]>> {
  const fields = new Map<string, string[]>();
  for (const [name, value] of headers(input)) {
    const values = fields.get(name) ?? [];
    values.push(value);
    fields.set(name, values);
  }
  return Object.fromEntries(fields);
}

/** What a user says of an object, as it is written. */
export function notesOf(
  { description, headers: fields, metadata }: ObjectNotes,
): Partial<MetaWire> {
  return {
    ...(description !== undefined && { description }),
    ...(fields !== undefined && { headers: fieldsOf(fields) }),
    ...(metadata !== undefined && { metadata }),
  };
}

// What somebody else wrote need not be lawful here.
function headersOf(wire: MetaWire): MessageHeaders {
  const pairs = Object.entries(wire.headers ?? {}).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, value] as const)
  );
  try {
    return headers(pairs);
  } catch {
    return headers({});
  }
}

function linkOf({ options }: MetaWire): ObjectLink | undefined {
  const { link } = options ?? {};
  if (link === undefined || link === null) return undefined;
  const { bucket, name } = link;
  return Object.freeze({
    ...(bucket !== undefined && { store: bucket }),
    ...(name ? { name } : {}),
  });
}

// Some clients write that there is no time yet.
function timeOf({ mtime }: MetaWire, atMs: number): Date {
  const ms = mtime === undefined ? NaN : Date.parse(mtime);
  return new Date(ms > 0 ? ms : atMs);
}

/** What is said of an object, in our words. */
export function infoOf(
  store: string,
  { wire, revision, atMs }: Meta,
): ObjectInfo {
  const link = linkOf(wire);
  return Object.freeze({
    store,
    name: wire.name,
    description: wire.description ?? "",
    headers: headersOf(wire),
    metadata: Object.freeze({ ...wire.metadata }),
    sizeBytes: wire.size ?? 0,
    chunks: wire.chunks ?? 0,
    digest: wire.digest ?? "",
    at: timeOf(wire, atMs),
    revision,
    ...(link !== undefined && { link }),
  });
}
