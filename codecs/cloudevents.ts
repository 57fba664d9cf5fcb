/**
 * CloudEvents 1.0, in one JSON object or with its attributes as headers.
 *
 * @module
 */
import type { Codec, Encodable, Encoded } from "@ruststream/core/contract";
import {
  checkEvent,
  type CloudEvent,
  type CloudEventInput,
  type EventAttribute,
  type EventContext,
  eventId,
} from "./cloud_event.ts";
import { EventData, isJson } from "./_event_data.ts";
import { fromFields, toFields } from "./_event_headers.ts";
import { fromJson, toJson } from "./_event_json.ts";
import { dataOf, eventContext } from "./event_context.ts";
import { eventSchema } from "./event_schema.ts";
import type {
  DocumentedSchema,
  JsonSchema,
  JsonSchemaTarget,
} from "./json_schema.ts";
import { mediaType } from "./_media_type.ts";
import { checkNames } from "./_options.ts";

export { eventContext, eventId, eventSchema };
export type {
  CloudEvent,
  CloudEventInput,
  DocumentedSchema,
  EventAttribute,
  EventContext,
  JsonSchema,
  JsonSchemaTarget,
};

/**
 * Options for {@linkcode cloudEvents}.
 *
 * @typeParam T The data, where `attributes` takes it.
 */
export interface CloudEventsOptions<T = unknown> {
  /**
   * How events are written: as one JSON object, or with their attributes as headers and their data as the body. Both are read.
   *
   * @default {"structured", or "binary" with `attributes`}
   */
  readonly mode?: "structured" | "binary";
  /**
   * Makes the payload the event's data alone, so that handlers and schemas know nothing of events: what is published gets these attributes, and what was read
   * tells its own by `eventContext`. What is published is binary. Without it the payload is the event.
   */
  readonly attributes?: (data: T) => EventContext;
  /** Codecs of data that is neither JSON nor text, found by `datacontenttype`. Without them such data is bytes. */
  readonly data?: readonly Codec[];
  /**
   * What the names of attributes start with among the headers. Kafka's binding says `ce_`.
   *
   * @default {"ce-"}
   */
  readonly prefix?: string;
}

const structured = "application/cloudevents+json";

type Checked<T> =
  & Required<Omit<CloudEventsOptions, "attributes">>
  & Pick<CloudEventsOptions<T>, "attributes">;

function checked<T>(options: CloudEventsOptions<T>): Checked<T> {
  checkNames("cloudEvents", options, ["mode", "attributes", "data", "prefix"]);
  const { attributes, data = [], prefix = "ce-" } = options;
  const { mode = attributes === undefined ? "structured" : "binary" } = options;
  if (mode !== "structured" && mode !== "binary") {
    throw new TypeError(
      `Cannot make codec "cloudEvents": "mode" must be "structured" or "binary", found ${
        JSON.stringify(mode)
      }`,
    );
  }
  if (attributes !== undefined && mode === "structured") {
    throw new TypeError(
      'Cannot make codec "cloudEvents": with "attributes" the body is the data, so "mode" must be "binary"',
    );
  }
  for (const { contentType } of data) {
    if (!isJson(contentType)) continue;
    throw new TypeError(
      `Cannot make codec "cloudEvents": JSON needs no codec of data, found "${contentType}"`,
    );
  }
  return {
    mode,
    data,
    prefix: prefix.toLowerCase(),
    ...(attributes !== undefined && { attributes }),
  };
}

/** Which way a message says its event. */
function modeOf(
  { headers }: Encodable,
  prefix: string,
): "structured" | "binary" {
  const type = mediaType(headers.get("content-type") ?? "");
  if (type === structured) return "structured";
  if (type.startsWith("application/cloudevents")) {
    throw new TypeError(`Cannot take a CloudEvent: it is ${type}`);
  }
  if (headers.has(`${prefix}specversion`)) return "binary";
  // The binding of NATS knows no headers: an event without any is JSON.
  if (type === "") return "structured";
  throw new TypeError(
    `Cannot take a CloudEvent: found ${type} without "${prefix}specversion"`,
  );
}

/**
 * Makes a codec of CloudEvents: the payload is the event, its context attributes typed beside its data; or with `attributes` the data alone.
 *
 * 1. An event that breaks the specification is neither written nor read: a missing attribute, another version, a name in capitals.
 * 2. Each event is published with the header `message-id`, made of its source and id, so that `deduplicate` knows its copies.
 * 3. Where attributes are headers, extensions are read as texts, and an empty body is no data.
 *
 * @example An event there and back
 * ```ts
 * import assert from "node:assert/strict";
 * import { cloudEvents } from "@ruststream/codecs/cloudevents";
 * import { headers } from "@ruststream/core/contract";
 *
 * const codec = cloudEvents({ mode: "binary" });
 * const { body, headers: fields } = codec.encode({
 *   id: "7",
 *   source: "/shop",
 *   type: "com.example.placed",
 *   data: { total: 9 },
 * });
 * assert.equal(headers(fields).get("ce-type"), "com.example.placed");
 * assert.equal(new TextDecoder().decode(body), '{"total":9}');
 * ```
 *
 * @typeParam T The data, where `attributes` takes it.
 * @throws {TypeError} If an option is unknown, `mode` is another word or does not go with `attributes`, or a codec of data is one of JSON.
 */
export function cloudEvents<T = unknown>(
  options: CloudEventsOptions<T> = {},
): Codec {
  const { mode, data, prefix, attributes } = checked(options);
  const codecs = new EventData(data);
  const read = (message: Encodable): CloudEvent =>
    modeOf(message, prefix) === "structured"
      ? fromJson(message.body, codecs)
      : fromFields(message, prefix, codecs);
  return Object.freeze({
    contentType: mode === "structured"
      ? structured
      : data[0]?.contentType ?? "application/json",
    encode(payload: unknown): Encoded {
      const event = attributes === undefined
        ? payload
        : { ...attributes(payload as T), data: payload };
      checkEvent(event);
      const id = ["message-id", `${event.source} ${event.id}`] as const;
      if (mode === "structured") {
        return { body: toJson(event, codecs), headers: [id] };
      }
      const { body, headers } = toFields(event, prefix, codecs);
      return { body, headers: [...headers, id] };
    },
    decode(message: Encodable): unknown {
      const event = read(message);
      return attributes === undefined ? event : dataOf(message.body, event);
    },
  });
}
