import type {
  EndpointInfo,
  EndpointStats,
  ServiceInfo,
  ServiceMetadata,
  ServicePing,
  ServiceStats,
} from "./service_types.ts";

/** What instances are asked for. */
export type Verb = "PING" | "INFO" | "STATS";

/** All that can be asked for. */
export const verbs: readonly Verb[] = ["PING", "INFO", "STATS"];

/** Where all instances, those of one service, or one of them are asked. */
export function askedAt(verb: Verb, name?: string, id?: string): string {
  return ["$SRV", verb, name, id].filter((token) => token !== undefined)
    .join(".");
}

const nanosPerMs = 1_000_000;

function typeOf(verb: Verb): string {
  return `io.nats.micro.v1.${verb.toLowerCase()}_response`;
}

function identity(verb: Verb, of: ServicePing): object {
  const { name, id, version, metadata } = of;
  return { type: typeOf(verb), name, id, version, metadata };
}

/** What an instance answers, as the protocol has it. */
export const writing = {
  PING: (ping: ServicePing): object => identity("PING", ping),
  INFO: (info: ServiceInfo): object => ({
    ...identity("INFO", info),
    description: info.description,
    endpoints: info.endpoints.map(({ name, subject, group, metadata }) => ({
      name,
      subject,
      queue_group: group,
      metadata,
    })),
  }),
  STATS: (stats: ServiceStats): object => ({
    ...identity("STATS", stats),
    started: stats.started.toISOString(),
    endpoints: stats.endpoints.map((one) => ({
      name: one.name,
      subject: one.subject,
      queue_group: one.group,
      num_requests: one.requests,
      num_errors: one.errors,
      last_error: one.lastError,
      processing_time: Math.round(one.processingMs * nanosPerMs),
      average_processing_time: Math.round(one.averageMs * nanosPerMs),
      ...(one.details !== undefined && { data: one.details }),
    })),
  }),
} as const;

type Json = Readonly<Record<string, unknown>>;

function objectIn(value: unknown, what: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Json;
  }
  throw new TypeError(`Cannot read ${what}: it is no object`);
}

function textIn(from: Json, field: string): string {
  const value = from[field];
  if (typeof value === "string" && value !== "") return value;
  throw new TypeError(`Cannot read "${field}": it is not there, or no text`);
}

function numberIn(from: Json, field: string): number {
  const value = from[field] ?? 0;
  if (typeof value === "number") return value;
  throw new TypeError(`Cannot read "${field}": it is no number`);
}

// What nobody filled in some languages leave out, and some write as null.
function maybeTextIn(from: Json, field: string): string {
  const value = from[field];
  return typeof value === "string" ? value : "";
}

function metadataIn(from: Json): ServiceMetadata {
  const fields = objectIn(from.metadata ?? {}, "the metadata");
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, String(value)]),
  );
}

function listIn(from: Json): readonly Json[] {
  const list = from.endpoints ?? [];
  if (!Array.isArray(list)) {
    throw new TypeError('Cannot read "endpoints": it is no list');
  }
  return list.map((one) => objectIn(one, "an endpoint"));
}

function timeIn(from: Json, field: string): Date {
  const time = new Date(textIn(from, field));
  if (!Number.isNaN(time.getTime())) return time;
  throw new TypeError(`Cannot read "${field}": it is no time`);
}

function pingOf(from: Json): ServicePing {
  return {
    name: textIn(from, "name"),
    id: textIn(from, "id"),
    version: textIn(from, "version"),
    metadata: metadataIn(from),
  };
}

function placeOf(from: Json): Omit<EndpointInfo, "metadata"> {
  return {
    name: textIn(from, "name"),
    subject: textIn(from, "subject"),
    group: maybeTextIn(from, "queue_group"),
  };
}

function doneBy(from: Json): EndpointStats {
  return {
    ...placeOf(from),
    requests: numberIn(from, "num_requests"),
    errors: numberIn(from, "num_errors"),
    lastError: maybeTextIn(from, "last_error"),
    processingMs: numberIn(from, "processing_time") / nanosPerMs,
    averageMs: numberIn(from, "average_processing_time") / nanosPerMs,
    ...("data" in from && { details: from.data }),
  };
}

/** Reads what an instance answered. Each throws a TypeError where it is nothing that one answers. */
export const reading = {
  PING: (from: Json): ServicePing => pingOf(from),
  INFO: (from: Json): ServiceInfo => ({
    ...pingOf(from),
    description: maybeTextIn(from, "description"),
    endpoints: listIn(from).map((one) => ({
      ...placeOf(one),
      metadata: metadataIn(one),
    })),
  }),
  STATS: (from: Json): ServiceStats => ({
    ...pingOf(from),
    started: timeIn(from, "started"),
    endpoints: listIn(from).map(doneBy),
  }),
} as const;

/**
 * An answer of the kind that was asked for.
 *
 * @throws {Error} If it is none.
 */
export function answerIn(verb: Verb, text: string): Json {
  const from = objectIn(JSON.parse(text), "the answer");
  if (from.type === typeOf(verb)) return from;
  throw new TypeError(
    `Cannot read the answer: expected the type ${typeOf(verb)}, found ${
      JSON.stringify(from.type)
    }`,
  );
}
