import { toUtf8, utf8Reader } from "@ruststream/core/contract";
import {
  attributesOf,
  type CloudEvent,
  type CloudEventInput,
  eventOf,
} from "./cloud_event.ts";
import { fromBase64, toBase64 } from "./_base64.ts";
import { type EventData, isJson, jsonText } from "./_event_data.ts";

const read = utf8Reader(false);

function dataMember(
  event: CloudEventInput,
  codecs: EventData,
): readonly [string, string] | undefined {
  const { data, datacontenttype } = event;
  if (data === undefined) return undefined;
  const inText = isJson(datacontenttype) || typeof data === "string";
  return inText && !(data instanceof Uint8Array)
    ? ["data", jsonText(data)]
    : ["data_base64", JSON.stringify(toBase64(codecs.encode(event)))];
}

/** An event in one JSON object, its data in it. */
export function toJson(
  event: CloudEventInput,
  codecs: EventData,
): Uint8Array {
  const members = attributesOf(event).map(([name, value]) =>
    [name, JSON.stringify(value)] as const
  );
  const data = dataMember(event, codecs);
  if (data !== undefined) members.push(data);
  const text = members.map(([name, value]) => `"${name}":${value}`).join(",");
  return toUtf8(`{${text}}`);
}

function readData(
  data: unknown,
  base64: unknown,
  contentType: unknown,
  codecs: EventData,
): unknown {
  const type = typeof contentType === "string" ? contentType : undefined;
  if (base64 !== undefined) {
    if (data === undefined && typeof base64 === "string") {
      return codecs.decode(fromBase64(base64), type);
    }
    throw new TypeError(
      'Cannot take the data of a CloudEvent: expected "data", or a text as "data_base64"',
    );
  }
  if (data === undefined || isJson(type) || typeof data === "string") {
    return data;
  }
  throw new TypeError(
    `Cannot take the data of a CloudEvent: expected a text of "${type}", found ${typeof data}`,
  );
}

/** The event that a JSON object says. */
export function fromJson(body: Uint8Array, codecs: EventData): CloudEvent {
  const found: unknown = JSON.parse(read(body));
  if (typeof found !== "object" || found === null || Array.isArray(found)) {
    throw new TypeError("Cannot take a CloudEvent: expected a JSON object");
  }
  const given = new Map<string, unknown>(Object.entries(found));
  const [data, base64] = [given.get("data"), given.get("data_base64")];
  given.delete("data");
  given.delete("data_base64");
  for (const [name, value] of given) {
    if (value === null) given.delete(name);
  }
  const type = given.get("datacontenttype");
  return eventOf(given, readData(data, base64 ?? undefined, type, codecs));
}
