import {
  extensionFacts,
  fact,
  factsHtml,
  linksTo,
  moreFacts,
  toldHtml,
} from "./extras.ts";
import { type Html, markup, type Part } from "./html.ts";
import {
  type Entry,
  type Fields,
  fieldsOf,
  listOf,
  type Reader,
  textOf,
} from "./reader.ts";
import { sampleOf } from "./sample.ts";
import { foreignSchemaHtml, schemaHtml } from "./schema_rows.ts";
import { isMultiFormat, isOurFormat } from "../lint/sites.ts";
import type { Uses } from "./uses.ts";
import { term } from "./words.ts";

/** The places of schemas in the page: each stands where it is shown first. */
export class SchemaPlaces {
  readonly #shown = new Set<Entry>();

  /** Whether a schema was shown with a message. */
  has(entry: Entry): boolean {
    return this.#shown.has(entry);
  }

  /** The anchor of a schema, the first time that it is asked for. */
  take(entry: Entry | undefined): string | undefined {
    if (entry === undefined || this.#shown.has(entry)) return undefined;
    this.#shown.add(entry);
    return entry.anchor;
  }
}

function json(value: unknown): Html {
  return markup`<pre tabindex="0"><code>${
    JSON.stringify(value, undefined, 2)
  }</code></pre>`;
}

function isJson(contentType: string | undefined): boolean {
  return contentType === undefined || /[/+]json\b/.test(contentType);
}

/** What a part of a message holds: its schema, read whatever its format says. */
function schemaOf(
  given: unknown,
  reader: Reader,
): { readonly schema: unknown; readonly foreign?: Fields } {
  const held = reader.resolved(given);
  if (!isMultiFormat(held)) return { schema: held };
  const fields = fieldsOf(held);
  return isOurFormat(fields.schemaFormat ?? "application/schema+json;")
    ? { schema: reader.resolved(fields.schema) }
    : { schema: undefined, foreign: fields };
}

function partHtml(
  what: string,
  given: unknown,
  message: Entry,
  reader: Reader,
  places: SchemaPlaces,
): Part {
  if (given === undefined) return undefined;
  const { schema, foreign } = schemaOf(given, reader);
  const anchor = places.take(reader.entryOf(given, "schema"));
  return markup`<section${
    anchor === undefined ? undefined : markup` id="${anchor}" `
  }><h4>${what}</h4>${
    foreign === undefined
      ? schemaHtml(
        schema,
        `${what.toLowerCase()} of ${message.name}`,
        reader,
      )
      : foreignSchemaHtml(foreign)
  }</section>`;
}

/** One example that was given: its headers and its payload. */
function givenHtml(example: unknown): Part {
  const { name, summary, headers, payload } = fieldsOf(example);
  const said = textOf(summary) ?? textOf(name);
  const body = headers === undefined ? undefined : markup`<p>Body:</p>`;
  return [
    said === undefined ? undefined : markup`<p>${said}</p>`,
    headers === undefined
      ? undefined
      : [markup`<p>Headers:</p>`, json(headers)],
    payload === undefined ? undefined : [body, json(payload)],
  ];
}

function madeHtml(what: string, given: unknown, reader: Reader): Part {
  if (given === undefined) return undefined;
  const { schema } = schemaOf(given, reader);
  if (schema === undefined) return undefined;
  const { value, fits } = sampleOf(schema, reader);
  return [
    markup`<p>${what} made from the schema${
      fits ? undefined : ", which asks for more than this keeps"
    }:</p>`,
    json(value),
  ];
}

const mostExamples = 5;

function examplesHtml(
  fields: Fields,
  contentType: string | undefined,
  reader: Reader,
): Part {
  const given = listOf(fields.examples)
    .map((one) => reader.resolved(one))
    .filter((one) => Object.keys(fieldsOf(one)).length > 0)
    .slice(0, mostExamples);
  const hasHeaders = given.some((one) => "headers" in fieldsOf(one));
  const parts = [
    hasHeaders ? undefined : madeHtml("Headers", fields.headers, reader),
    given.length > 0
      ? given.map(givenHtml)
      : madeHtml("A body", fields.payload, reader),
  ].filter((part) => part !== undefined);
  if (parts.length === 0) return undefined;
  return markup`<section><h4>${given.length > 1 ? "Examples" : "Example"}</h4>${
    isJson(contentType)
      ? undefined
      : markup`<p>Shown as JSON, sent as <code>${contentType}</code>.</p>`
  }${parts}</section>`;
}

function messageHtml(
  message: Entry,
  reader: Reader,
  uses: Uses,
  places: SchemaPlaces,
): Html {
  const { fields, anchor } = message;
  const contentType = textOf(fields.contentType) ??
    textOf(reader.root.defaultContentType);
  const { location } = fieldsOf(reader.resolved(fields.correlationId));
  return markup`<details class="item" open id="${anchor}"><summary><h3>${message.name}</h3></summary>${
    toldHtml(
      fields,
    )
  }${
    factsHtml([
      fact("Content type", contentType && term(contentType)),
      fact("Taken by", linksTo(uses.takers(message), "and")),
      fact("Sent by", linksTo(uses.senders(message), "and")),
      fact("Answer of", linksTo(uses.answerers(message), "and")),
      location === undefined
        ? undefined
        : fact("Correlated by", term(location)),
      textOf(fields.name) === undefined || fields.name === message.name
        ? undefined
        : fact("Name", term(fields.name)),
      ...moreFacts(fields, reader),
      ...extensionFacts(fields),
    ])
  }${
    partHtml(
      "Headers",
      fields.headers,
      message,
      reader,
      places,
    )
  }${
    fields.payload === undefined
      ? markup`<p>${bodyWords(contentType)}</p>`
      : partHtml(
        "Payload",
        fields.payload,
        message,
        reader,
        places,
      )
  }${examplesHtml(fields, contentType, reader)}</details>`;
}

function bodyWords(contentType: string | undefined): string {
  return contentType === "application/octet-stream"
    ? "Bytes, as they are."
    : "Its payload has no schema in this document.";
}

/** Shows each message: what it holds, and what it looks like. */
export function messagesHtml(
  reader: Reader,
  uses: Uses,
  places: SchemaPlaces,
): Part {
  const messages = reader.all("message");
  if (messages.length === 0) return undefined;
  return markup`<section aria-labelledby="messages"><h2 id="messages">Messages</h2>${
    messages.map((
      one,
    ) => messageHtml(one, reader, uses, places))
  }</section>`;
}

/** Shows the schemas that have a name and were not shown with a message. */
export function schemasHtml(reader: Reader, places: SchemaPlaces): Part {
  const schemas = reader.all("schema").filter((one) => !places.has(one));
  if (schemas.length === 0) return undefined;
  return markup`<section aria-labelledby="schemas"><h2 id="schemas">Schemas</h2>${
    schemas.map((
      { id, anchor, value },
    ) =>
      markup`<details class="item" open id="${anchor}"><summary><h3>${id}</h3></summary>${
        aloneHtml(
          value,
          id,
          reader,
        )
      }</details>`
    )
  }</section>`;
}

function aloneHtml(value: unknown, id: string, reader: Reader): Part {
  // One that is only a reference to another with a place of its own stays that.
  if (reader.entryOf(value, "schema") !== undefined) {
    return schemaHtml(value, id, reader);
  }
  const { schema, foreign } = schemaOf(value, reader);
  return foreign === undefined
    ? schemaHtml(schema, id, reader)
    : foreignSchemaHtml(foreign);
}
