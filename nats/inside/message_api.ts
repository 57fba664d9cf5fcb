import { Fault, fault } from "./fault.ts";
import { type Packet, statusOf, textOf, withFields } from "./packet.ts";
import { parseJson, type Wire } from "./settings.ts";
import type { Stored } from "./store.ts";
import type { Stream } from "./stream.ts";
import { type ApiRequest, streamOf, type Verbs, wireTime } from "./verb.ts";

/** Which message is wanted. */
interface Wanted {
  readonly seq?: number;
  readonly last_by_subj?: string;
  readonly next_by_subj?: string;
}

function find({ store }: Stream, wanted: Wanted): Stored | undefined {
  const { seq = 0, last_by_subj, next_by_subj } = wanted;
  if (last_by_subj !== undefined) return store.lastOf(last_by_subj);
  return next_by_subj === undefined
    ? store.get(seq)
    : store.next(seq, [next_by_subj]);
}

function isNothing({ seq, last_by_subj, next_by_subj }: Wanted): boolean {
  return !seq && !last_by_subj && !next_by_subj;
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (one) => String.fromCharCode(one)).join(""));
}

function read(request: ApiRequest): Wire {
  const stream = streamOf(request);
  const wanted = parseJson(request.body, request.host.version) as Wanted;
  if (isNothing(wanted)) throw fault("badRequest");
  const stored = find(stream, wanted);
  if (stored === undefined) throw fault("messageNotFound");
  const { subject, sequence, headers, body, at } = stored;
  return {
    message: {
      subject,
      seq: sequence,
      ...(headers !== undefined && { hdrs: base64(headers) }),
      ...(body.length > 0 && { data: base64(body) }),
      time: wireTime(at),
    },
  };
}

function remove(request: ApiRequest): Wire {
  const stream = streamOf(request);
  const { deny_delete, sealed } = stream.config;
  if (sealed) throw fault("sealed");
  if (deny_delete) throw fault("deleteDenied");
  const { seq } = parseJson(request.body, request.host.version) as Wanted;
  if (stream.remove(seq ?? 0)) return { success: true };
  throw new Fault(400, 10043, `sequence ${seq} not found`);
}

/** Gives a message as it is. */
export function directGet(
  stream: Stream,
  subject: readonly string[],
  { reply, body }: Packet,
): void {
  const { server: host } = stream;
  let wanted: Wanted;
  try {
    wanted = subject.length > 0
      ? { last_by_subj: subject.join(".") }
      : parseJson(textOf(body) || "{}", host.version);
  } catch {
    return host.say(reply, statusOf(408, "Malformed Request"));
  }
  if (isNothing(wanted)) return host.say(reply, statusOf(408, "Empty Request"));
  const stored = find(stream, wanted);
  if (stored === undefined) {
    return host.say(reply, statusOf(404, "Message Not Found"));
  }
  const headers = withFields(stored.headers, [
    ["Nats-Stream", stream.config.name],
    ["Nats-Subject", stored.subject],
    ["Nats-Sequence", `${stored.sequence}`],
    ["Nats-Time-Stamp", wireTime(stored.at)],
  ]);
  host.router.route({ subject: reply, reply: "", headers, body: stored.body });
}

/** What can be done with single messages. */
export const messageVerbs: Verbs = {
  "STREAM.MSG.GET": { type: "stream_msg_get", run: read },
  "STREAM.MSG.DELETE": { type: "stream_msg_delete", run: remove },
};
