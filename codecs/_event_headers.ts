import type { Encodable } from "@ruststream/core/contract";
import {
  attributesOf,
  type CloudEvent,
  type CloudEventInput,
  eventOf,
} from "./cloud_event.ts";
import type { EventData } from "./_event_data.ts";

// What the HTTP binding sends as it is: printable ASCII without space, quote and percent.
const unsafe = /[^!#$&-~]/gu;
const quoted = /^"(.*)"$/s;

function toField(value: string): string {
  return value.replace(unsafe, encodeURIComponent);
}

function fromField(value: string): string {
  const [, inner] = quoted.exec(value) ?? [];
  return decodeURIComponent(inner?.replace(/\\(.)/gs, "$1") ?? value);
}

/** A body and what goes beside it. */
interface Parts {
  readonly body: Uint8Array;
  readonly headers: readonly (readonly [string, string])[];
}

/** An event whose attributes are headers, its data the body. */
export function toFields(
  event: CloudEventInput,
  prefix: string,
  codecs: EventData,
): Parts {
  const { datacontenttype = "application/json" } = event;
  const fields = attributesOf(event)
    .filter(([name]) => name !== "datacontenttype")
    .map(([name, value]) =>
      [`${prefix}${name}`, toField(String(value))] as const
    );
  return {
    body: codecs.encodeBody(event),
    headers: [...fields, ["content-type", datacontenttype]],
  };
}

/** The event that headers and body say. Extensions are texts: headers have no other type. */
export function fromFields(
  { body, headers }: Encodable,
  prefix: string,
  codecs: EventData,
): CloudEvent {
  const given = new Map<string, unknown>();
  for (const [field, value] of headers) {
    const name = field.toLowerCase();
    if (!name.startsWith(prefix)) continue;
    const attribute = name.slice(prefix.length);
    if (given.has(attribute) || attribute === "datacontenttype") {
      throw new TypeError(
        `Cannot take a CloudEvent: the header "${name}" is there twice, or not to be`,
      );
    }
    given.set(attribute, fromField(value));
  }
  const type = headers.get("content-type");
  if (type !== undefined) given.set("datacontenttype", type);
  return eventOf(given, codecs.decodeBody(body, type));
}
