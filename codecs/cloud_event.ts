/** A value of an attribute. A whole number has at most 32 bits. */
export type EventAttribute = string | number | boolean;

/** What says of an event where it comes from and what it is: the context attributes of CloudEvents 1.0. */
export interface EventContext {
  /** Tells it from the other events of its source. The same event sent again has the same. */
  readonly id: string;
  /** Where it happened, as a URI reference. */
  readonly source: string;
  /** What happened: `com.example.order.placed`. */
  readonly type: string;
  /** The content type of the data. Without it the data is JSON. */
  readonly datacontenttype?: string;
  /** The schema that the data keeps, as a URI. Without it none is named. */
  readonly dataschema?: string;
  /** What of the source it is about. Without it nothing is said. */
  readonly subject?: string;
  /** When it happened, as RFC 3339. Without it nothing is said. */
  readonly time?: string;
  /** Attributes beyond the specification, names in lower case letters and digits. Without it there are none. */
  readonly extensions?: Readonly<Record<string, EventAttribute>>;
}

/** An event as it is published. */
export interface CloudEventInput<T = unknown> extends EventContext {
  /** The version of the specification. Without it 1.0 is written. */
  readonly specversion?: "1.0";
  /** What the event carries. Without it, it carries nothing. */
  readonly data?: T;
}

/** An event as a handler gets it. */
export interface CloudEvent<T = unknown> extends CloudEventInput<T> {
  /** The version of the specification. */
  readonly specversion: "1.0";
}

const optional: readonly (Exclude<keyof EventContext, "extensions">)[] = [
  "datacontenttype",
  "dataschema",
  "subject",
  "time",
];
/** The attributes of the specification but its version, in the order they are written. */
export const attributes:
  readonly (Exclude<keyof EventContext, "extensions">)[] = [
    "id",
    "source",
    "type",
    ...optional,
  ];

const known: ReadonlySet<string> = new Set([
  ...["specversion", "data", "extensions"],
  ...attributes,
]);
const lawfulName = /^[a-z0-9]+$/;
const control = /\p{Cc}/u;
const timestamp =
  /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
const contentType = /^[^\s/;]+\/[^\s/;]+\s*(;.*)?$/;
const mostInteger = 2 ** 31;

/** What an attribute must be beside a text that is not empty. */
const forms: Readonly<Record<string, readonly [RegExp, string]>> = {
  source: [/^\S+$/, "a URI reference"],
  dataschema: [/^\S+$/, "a URI"],
  datacontenttype: [contentType, "a content type"],
  time: [timestamp, "a time of RFC 3339"],
};

function refuse(name: string, expected: string): never {
  throw new TypeError(
    `Cannot take "${name}" of a CloudEvent: expected ${expected}`,
  );
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.isWellFormed() &&
    !control.test(value);
}

function checkAttribute(name: string, value: unknown): void {
  if (!isText(value) || value === "") {
    refuse(name, "a text that is not empty and has no control characters");
  }
  const [form, expected] = forms[name] ?? [/^/, ""];
  if (!form.test(value)) refuse(name, expected);
}

function checkExtension([name, value]: readonly [string, unknown]): void {
  if (!lawfulName.test(name) || known.has(name)) {
    refuse(name, "extensions named by other lower case letters and digits");
  }
  if (typeof value === "boolean" || isText(value)) return;
  const whole = typeof value === "number" && Number.isInteger(value);
  if (whole && value >= -mostInteger && value < mostInteger) return;
  refuse(name, "a text, a boolean or a whole number of 32 bits");
}

/**
 * Checks that a value is an event of version 1.0.
 *
 * @throws {TypeError} If an attribute is missing, unlawful, or none of the specification.
 */
export function checkEvent(value: unknown): asserts value is CloudEventInput {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`Cannot take a CloudEvent: found ${typeof value}`);
  }
  const event = value as Readonly<Record<string, unknown>>;
  const { specversion = "1.0", extensions = {} } = event;
  if (specversion !== "1.0") refuse("specversion", '"1.0"');
  for (const name of Object.keys(event)) {
    if (known.has(name)) continue;
    refuse(name, 'an attribute of the specification, or it under "extensions"');
  }
  for (const name of attributes) {
    const missing = event[name] === undefined;
    if (missing && optional.includes(name)) continue;
    checkAttribute(name, event[name]);
  }
  if (typeof extensions !== "object" || extensions === null) {
    refuse("extensions", "an object");
  }
  Object.entries(extensions).forEach(checkExtension);
}

/** The event that was read: the attributes that are given, the extensions apart. */
export function eventOf(
  given: ReadonlyMap<string, unknown>,
  data: unknown,
): CloudEvent {
  if (given.get("specversion") !== "1.0") refuse("specversion", '"1.0"');
  const event: Record<string, unknown> = {};
  const extensions: Record<string, unknown> = {};
  for (const [name, value] of given) {
    const own = name === "specversion" ||
      (attributes as readonly string[]).includes(name);
    if (own) event[name] = value;
    else if (lawfulName.test(name)) extensions[name] = value;
    else refuse(name, "names in lower case letters and digits");
  }
  if (Object.keys(extensions).length > 0) event["extensions"] = extensions;
  if (data !== undefined) event["data"] = data;
  checkEvent(event);
  return event as CloudEvent;
}

/** What an event has as attributes, in the order they are written. */
export function attributesOf(
  event: CloudEventInput,
): readonly (readonly [string, EventAttribute])[] {
  const found: (readonly [string, EventAttribute])[] = [["specversion", "1.0"]];
  for (const name of attributes) {
    const value = event[name];
    if (value !== undefined) found.push([name, value]);
  }
  return [...found, ...Object.entries(event.extensions ?? {})];
}

/**
 * What the copies of one event have in common: its source and its id. Undefined for what is no event.
 *
 * Publishing writes it as the header `message-id`, so `deduplicate` knows events of this codec. For those of other publishers it takes this function.
 *
 * @example For the events of anybody
 * ```ts
 * import assert from "node:assert/strict";
 * import { eventId } from "@ruststream/codecs/cloudevents";
 * import { deduplicate, MemoryDeduplicationStore } from "@ruststream/core/middleware";
 *
 * const once = deduplicate({
 *   store: new MemoryDeduplicationStore(),
 *   id: ({ payload }) => eventId(payload),
 * });
 * assert.equal(typeof once, "function");
 * assert.equal(eventId({ id: "7", source: "/shop", type: "placed" }), "/shop 7");
 * ```
 */
export function eventId(event: unknown): string | undefined {
  const { id, source } = (event ?? {}) as Partial<EventContext>;
  return typeof id === "string" && typeof source === "string"
    ? `${source} ${id}`
    : undefined;
}
