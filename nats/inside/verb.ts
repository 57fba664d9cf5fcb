import { fault } from "./fault.ts";
import type { Wire } from "./settings.ts";
import type { Stream } from "./stream.ts";
import type { Host } from "./views.ts";

/** A request to JetStream's API. */
export interface ApiRequest {
  readonly host: Host;
  readonly streams: Map<string, Stream>;
  /** The tokens behind the verb. */
  readonly about: readonly string[];
  readonly body: string;
}

/** What the API can do. */
export interface Verb {
  /** What its answer is called. */
  readonly type: string;
  /** @throws {Fault} If it is refused. */
  readonly run: (request: ApiRequest) => Wire;
}

/** Verbs by their names. */
export type Verbs = Readonly<Record<string, Verb>>;

/**
 * The stream that a request is about.
 *
 * @throws {Fault} If there is none of that name.
 */
export function streamOf({ streams, about: [name = ""] }: ApiRequest): Stream {
  const stream = streams.get(name);
  if (stream === undefined) throw fault("streamNotFound");
  return stream;
}

/** What an answer tells of the time. */
export function timeOf({ version, time }: Host): Wire {
  return version.can("timeInAnswers") ? { ts: wireTime(time.now()) } : {};
}

/** A time as the server writes it; its zero where there is none. */
export function wireTime(ms: number | undefined): string {
  return ms === undefined ? "0001-01-01T00:00:00Z" : new Date(ms).toISOString();
}

/** One page of a list: all of it. */
export function page(total: number, limit: number): Wire {
  return { total, offset: 0, limit };
}
