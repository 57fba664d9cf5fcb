import { Fault, fault } from "./fault.ts";
import { matches, overlaps } from "./match.ts";
import { parseJson, type Wire } from "./settings.ts";
import { Stream } from "./stream.ts";
import {
  checkChange,
  sealedConfig,
  type StreamConfig,
  streamConfig,
} from "./stream_config.ts";
import {
  type ApiRequest,
  page,
  streamOf,
  timeOf,
  type Verbs,
  wireTime,
} from "./verb.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The body of a request, where it may have none. */
function askedOf({ body, host }: ApiRequest): Fields {
  return body === "" ? {} : parseJson(body, host.version) as Fields;
}

function configOf(request: ApiRequest): StreamConfig {
  const { host: { version }, about: [name], body } = request;
  const asked = parseJson(body, version) as Fields;
  if (asked["name"] !== name) throw fault("nameDiffers");
  return streamConfig(asked, version);
}

function checkAlone(
  { name, subjects }: StreamConfig,
  { streams }: ApiRequest,
): void {
  for (const other of streams.values()) {
    if (other.config.name === name) continue;
    const shared = subjects.some((one) =>
      other.config.subjects.some((two) => overlaps(one, two))
    );
    if (shared) throw fault("subjectsOverlap");
  }
}

function sameJson(one: unknown, other: unknown): boolean {
  const inOrder = (value: unknown): string =>
    JSON.stringify(
      Object.entries(value as object).sort(([a], [b]) => a < b ? -1 : 1),
    );
  return inOrder(one) === inOrder(other);
}

const subjectsAtOnce = 100_000;

/** The subjects of a filter, with their messages. */
function subjectsOf(
  { store }: Stream,
  filter: unknown,
): readonly (readonly [string, ReadonlySet<number>])[] {
  if (typeof filter !== "string" || filter === "") return [];
  return [...store.subjects]
    .filter(([subject]) => matches(filter, subject))
    .sort(([a], [b]) => a < b ? -1 : 1);
}

/** What a stream holds, in the server's words. */
function stateOf(
  stream: Stream,
  { subjects_filter, deleted_details, offset = 0 }: Fields = {},
): Wire {
  const { store, consumers } = stream;
  const first = store.get(store.first);
  const held = subjectsOf(stream, subjects_filter)
    .slice(offset as number, (offset as number) + subjectsAtOnce);
  const deleted: number[] = [];
  for (let at = store.first; at <= store.last && first; at++) {
    if (store.get(at) === undefined) deleted.push(at);
  }
  return {
    messages: store.size,
    bytes: store.bytes,
    first_seq: store.first,
    first_ts: wireTime(first?.at),
    last_seq: store.last,
    last_ts: wireTime(store.lastAt),
    consumer_count: consumers.size,
    ...(store.size > 0 && { num_subjects: store.subjects.size }),
    ...(deleted.length > 0 && { num_deleted: deleted.length }),
    ...(deleted.length > 0 && deleted_details === true && { deleted }),
    ...(held.length > 0 && {
      subjects: Object.fromEntries(
        held.map(([subject, { size }]) => [subject, size]),
      ),
    }),
  };
}

function infoOf(stream: Stream, asked?: Fields): Wire {
  return {
    config: stream.config,
    created: wireTime(stream.created),
    state: stateOf(stream, asked),
    ...timeOf(stream.server),
  };
}

function make(request: ApiRequest): Wire {
  const config = configOf(request);
  const { streams, host } = request;
  if (config.sealed) {
    throw new Fault(
      500,
      10052,
      "stream configuration for create can not be sealed",
    );
  }
  const there = streams.get(config.name);
  if (there !== undefined && !sameJson(there.config, config)) {
    throw fault("nameTaken");
  }
  checkAlone(config, request);
  const stream = there ?? new Stream(config, host);
  streams.set(config.name, stream);
  return { ...infoOf(stream), did_create: true };
}

function change(request: ApiRequest): Wire {
  const { host: { version } } = request;
  const stream = streamOf(request);
  const config = configOf(request);
  checkChange(stream.config, config, version);
  checkAlone(config, request);
  stream.change(sealedConfig(config));
  return infoOf(stream);
}

function info(request: ApiRequest): Wire {
  try {
    const asked = askedOf(request);
    const stream = streamOf(request);
    const { subjects_filter: filter, offset = 0 } = asked;
    const all = filter === undefined ? 0 : subjectsOf(stream, filter).length;
    return {
      ...page(all, filter === undefined ? 0 : subjectsAtOnce),
      offset,
      ...infoOf(stream, asked),
    };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { error: error.wire, ...page(0, 0) };
  }
}

function remove(request: ApiRequest): Wire {
  const stream = streamOf(request);
  stream.end();
  request.streams.delete(stream.config.name);
  return { success: true };
}

function purge(request: ApiRequest): Wire {
  const stream = streamOf(request);
  const { deny_purge, sealed } = stream.config;
  if (sealed || deny_purge) {
    const { wire } = fault(sealed ? "sealed" : "purgeDenied");
    return { error: wire, purged: 0 };
  }
  return { success: true, purged: stream.purge(askedOf(request)) };
}

/** Streams that take a subject, or all, by name. */
function found(request: ApiRequest): readonly Stream[] {
  const { subject } = askedOf(request);
  return [...request.streams.values()]
    .filter(({ config }) =>
      !subject ||
      config.subjects.some((one) => overlaps(one, subject as string))
    )
    .sort((a, b) => a.config.name < b.config.name ? -1 : 1);
}

function names(request: ApiRequest): Wire {
  const all = found(request).map(({ config: { name } }) => name);
  // Of none it says null.
  return { ...page(all.length, 1_024), streams: all.length > 0 ? all : null };
}

function list(request: ApiRequest): Wire {
  const all = found(request).map((stream) => infoOf(stream));
  return { ...page(all.length, 256), streams: all };
}

function account({ streams }: ApiRequest): Wire {
  const all = [...streams.values()];
  const bytesIn = (storage: string): number =>
    all.filter(({ config }) => config.storage === storage)
      .reduce((sum, { store }) => sum + store.bytes, 0);
  return {
    memory: bytesIn("memory"),
    storage: bytesIn("file"),
    streams: all.length,
    consumers: all.reduce((sum, { consumers }) => sum + consumers.size, 0),
    limits: {
      max_memory: -1,
      max_storage: -1,
      max_streams: -1,
      max_consumers: -1,
      max_ack_pending: -1,
      memory_max_stream_bytes: -1,
      storage_max_stream_bytes: -1,
      max_bytes_required: false,
    },
    api: { total: 0, errors: 0 },
  };
}

/** What can be done with streams. */
export const streamVerbs: Verbs = {
  "INFO": { type: "account_info", run: account },
  "STREAM.CREATE": { type: "stream_create", run: make },
  "STREAM.UPDATE": { type: "stream_update", run: change },
  "STREAM.INFO": { type: "stream_info", run: info },
  "STREAM.DELETE": { type: "stream_delete", run: remove },
  "STREAM.PURGE": { type: "stream_purge", run: purge },
  "STREAM.NAMES": { type: "stream_names", run: names },
  "STREAM.LIST": { type: "stream_list", run: list },
};
