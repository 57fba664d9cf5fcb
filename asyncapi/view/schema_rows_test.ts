import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { markup } from "./html.ts";
import { Reader } from "./reader.ts";
import { sampleOf } from "./sample.ts";
import { schemaHtml } from "./schema_rows.ts";

/** The lines of a schema's table as a reader sees them. */
function linesOf(
  schema: unknown,
  schemas: Record<string, unknown> = {},
): readonly string[] {
  const reader = new Reader({ components: { schemas } });
  return markup`${schemaHtml(schema, "it", reader)}`.toString()
    .replaceAll(/\s+/g, " ")
    .replace(/<caption>.*?<\/thead>/s, "")
    .replaceAll(/<\/(?:tr|p|summary)>/g, "\n")
    .replaceAll(/<pre.*?<\/pre>/gs, "")
    .replaceAll(/<a href="#([^"]*)">[^<]*<\/a>/g, "→$1")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll("&quot;", '"').replaceAll("&gt;", ">")
    .split("\n")
    .map((line) => line.replaceAll(/\s+/g, " ").trim())
    .filter((line) => line !== "");
}

test("schemaHtml() shows fields with their types, and what they must be", () => {
  const lines = linesOf({
    type: "object",
    required: ["id"],
    additionalProperties: false,
    properties: {
      id: { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
      at: { type: "string", format: "date-time", description: "When it was." },
      code: { type: "string", minLength: 2, maxLength: 2, pattern: "^[A-Z]+$" },
      state: { enum: ["open", 1], default: "open" },
      kind: { const: "a" },
      none: { type: ["string", "null"] },
      tags: { type: "array", items: { type: "string" }, minItems: 1 },
      any: {},
      never: false,
    },
  });

  assert.deepEqual(lines, [
    "no other fields",
    "id required integer · ≥ 1",
    "at string (date-time) When it was.",
    "code string · 2 characters · matches ^[A-Z]+$",
    'state one of "open" or 1 · by default "open"',
    'kind always "a"',
    "none string or null",
    "tags list of string · at least 1 item",
    "any anything",
    "never nothing",
  ]);
});

test("schemaHtml() shows what is nested by its path", () => {
  const lines = linesOf({
    type: "object",
    properties: {
      customer: { type: "object", properties: { name: { type: "string" } } },
      items: {
        type: "array",
        items: { type: "object", properties: { sku: { type: "string" } } },
      },
      more: { type: "object", additionalProperties: { type: "number" } },
    },
  });

  assert.deepEqual(lines, [
    "customer object",
    "customer.name string",
    "items list of object",
    "items[].sku string",
    "more object",
    "more.* number",
  ]);
});

test("schemaHtml() links to schemas with a name, those in a circle too", () => {
  const Tree = {
    type: "object",
    properties: {
      name: { type: "string" },
      up: { $ref: "#/components/schemas/Tree" },
      down: { type: "array", items: { $ref: "#/components/schemas/Tree" } },
    },
  };

  const lines = linesOf(Tree, { Tree });

  assert.deepEqual(lines, [
    "name string",
    "up →schema-Tree",
    "down list of →schema-Tree",
  ]);
});

test("schemaHtml() shows each option, and by what it is told apart", () => {
  const lines = linesOf({
    oneOf: [
      { properties: { kind: { const: "card" }, pan: { type: "string" } } },
      { title: "Cash", properties: { drawer: { type: "number" } } },
      { $ref: "#/components/schemas/Other" },
    ],
  }, { Other: { type: "string" } });

  assert.deepEqual(lines, [
    "object, object or →schema-Other",
    'Option 1: kind = "card"',
    'kind always "card"',
    "pan string",
    "Option 2: Cash",
    "drawer number",
  ]);
});

test("schemaHtml() shows the JSON Schema where words do not say all of it", () => {
  const lines = linesOf({ type: "object", if: {}, properties: { a: {} } });

  assert.deepEqual(lines, [
    "and more, see the JSON Schema",
    "a anything",
    "As JSON Schema",
  ]);
});

test("schemaHtml() ends, whatever refers to whatever", () => {
  const twice = (to: string) => ({
    allOf: Array.from({ length: 20 }, () => ({ $ref: `#/x/${to}` })),
    properties: { a: { $ref: `#/x/${to}` }, b: { $ref: `#/x/${to}` } },
  });
  const names = Array.from({ length: 12 }, (_one, at) => `s${at}`);
  const x = Object.fromEntries(
    names.map((name, at) => [name, twice(names[(at + 1) % 12] ?? "")]),
  );
  const reader = new Reader({ x });

  const page = markup`${schemaHtml(x.s0, "it", reader)}`.toString();
  const sample = sampleOf({ $ref: "#/x/s0" }, reader);

  assert.ok(page.length < 2_000_000, `${page.length}`);
  assert.equal(typeof sample.value, "object");
  assert.ok(reader.looks.left <= 0);
});
