import { test } from "@ruststream/conformance/runner";
import { channel, type RustStream, subscriber } from "@ruststream/core";
import type { Schema } from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import * as z from "zod";
import { emptyApp } from "./_kit_test.ts";
import { asyncApiDocument } from "./document.ts";
import type { JsonObject } from "./json.ts";
import { checkDocument } from "./lint/lint.ts";

function appOf(...payloads: readonly Schema[]): RustStream {
  return emptyApp().withBroker(new MemoryBroker(), (b) => {
    for (const [index, payload] of payloads.entries()) {
      b.include(subscriber(channel(`c${index}`, { payload }), () => {}));
    }
    return b;
  });
}

/** A schema that says itself like this. */
function saying(...all: readonly JsonObject[]) {
  const app = appOf(...all.map((schema) => ({
    "~standard": {
      version: 1 as const,
      vendor: "own",
      validate: (value: unknown) => ({ value }),
      jsonSchema: { input: () => schema },
    },
  })));
  const { document, gaps } = asyncApiDocument(app);
  const { schemas } = document.components as unknown as {
    schemas: Record<string, JsonObject>;
  };
  return { document, gaps: gaps.map(({ why }) => why), schemas };
}

test("a recursive schema of zod refers to itself under the components", () => {
  const Tree = z.object({
    name: z.string(),
    get children() {
      return z.array(Tree);
    },
  });
  const Named = z.object({ tree: Tree }).meta({ id: "Named" });

  const { document, gaps } = asyncApiDocument(appOf(Tree, Named));

  assert.deepEqual(gaps, []);
  assert.deepEqual(checkDocument(document), []);
  const { schemas } = document.components as unknown as {
    schemas: Record<string, { properties: Record<string, unknown> }>;
  };
  assert.deepEqual(schemas["c0.payload"]?.properties["children"], {
    type: "array",
    items: { $ref: "#/components/schemas/c0.payload" },
  });
});

test("definitions stand beside the schemas that use them, once where they are equal", () => {
  const Address = { type: "object", properties: { city: { type: "string" } } };
  const { document, schemas } = saying(
    {
      $schema: "http://json-schema.org/draft-07/schema#",
      title: "A",
      properties: { at: { $ref: "#/definitions/Address" } },
      definitions: { Address },
    },
    {
      title: "B",
      properties: { at: { $ref: "#/$defs/Address", description: "Where" } },
      $defs: { Address },
    },
  );

  assert.deepEqual(schemas, {
    A: {
      title: "A",
      properties: { at: { $ref: "#/components/schemas/Address" } },
    },
    Address,
    B: {
      title: "B",
      properties: {
        at: {
          description: "Where",
          allOf: [{ $ref: "#/components/schemas/Address" }],
        },
      },
    },
  });
  assert.deepEqual(checkDocument(document), []);
});

test("definitions of one name that differ have names of their own, whoever comes first", () => {
  const of = (type: string): JsonObject => ({
    properties: { a: { $ref: "#/definitions/Same" } },
    definitions: { Same: { type } },
  });
  const [one, other] = [
    saying(of("string"), of("number")),
    saying(of("number")),
  ];

  const same = Object.keys(one.schemas).filter((id) => id.startsWith("Same"));
  assert.equal(same.length, 2);
  assert.ok(same.every((id) => /^Same-[0-9a-f]{8}$/.test(id)), same.join());
  assert.ok("Same" in other.schemas);
  assert.deepEqual(checkDocument(one.document), []);
});

test("a recursive schema and an equal definition of another are one", () => {
  const of = ($ref: string): JsonObject => ({
    title: "Tree",
    properties: { child: { $ref } },
  });
  const { schemas } = saying(of("#"), {
    title: "Wood",
    properties: { tree: { $ref: "#/definitions/Tree" } },
    definitions: { Tree: of("#/definitions/Tree") },
  });

  assert.deepEqual(Object.keys(schemas), ["Tree", "Wood"]);
  assert.deepEqual(schemas["Tree"], of("#/components/schemas/Tree"));
});

test("references in a circle, to the root and into schemas keep their meaning", () => {
  const { document, schemas } = saying({
    $id: "https://a.example/root",
    title: "Root",
    properties: {
      self: { $ref: "#" },
      again: { $ref: "https://a.example/root" },
      "a/b #": { type: "string" },
      inner: { $ref: "#/properties/a~1b%20%23" },
      one: { $ref: "#/definitions/One" },
    },
    definitions: {
      One: { properties: { two: { $ref: "#/definitions/Two" } } },
      Two: {
        properties: { one: { $ref: "#/definitions/One/properties/two" } },
      },
    },
  });

  const ids = "#/components/schemas";
  assert.deepEqual(schemas["Root"]?.["properties"], {
    self: { $ref: `${ids}/Root` },
    again: { $ref: `${ids}/Root` },
    "a/b #": { type: "string" },
    inner: { $ref: `${ids}/Root/properties/a~1b%20%23` },
    one: { $ref: `${ids}/One` },
  });
  assert.deepEqual(schemas["Two"]?.["properties"], {
    one: { $ref: `${ids}/One/properties/two` },
  });
  assert.deepEqual(checkDocument(document), []);
});

test("a name that says $ref, and data that looks like a schema, stay as they are", () => {
  const schema: JsonObject = {
    type: "object",
    properties: { $ref: { type: "string" } },
    default: { $ref: "#/nowhere", definitions: 1 },
    enum: [{ $ref: "#/nowhere", definitions: 1 }],
  };

  const { schemas, gaps } = saying(schema);

  assert.deepEqual(schemas["c0.payload"], schema);
  assert.deepEqual(gaps, []);
});

test("words of later drafts become those of draft-07, or are told", () => {
  const { document, schemas, gaps } = saying({
    type: "array",
    prefixItems: [{ type: "string" }],
    items: { type: "number" },
    contains: {
      dependentRequired: { a: ["b"] },
      unevaluatedProperties: false,
    },
  });

  assert.deepEqual(schemas["c0.payload"], {
    type: "array",
    items: [{ type: "string" }],
    additionalItems: { type: "number" },
    contains: { dependencies: { a: ["b"] } },
  });
  assert.deepEqual(gaps, [
    '"unevaluatedProperties" cannot be said in draft-07 and is left out',
  ]);
  assert.deepEqual(checkDocument(document), []);
});

test("a reference that leads out of its schema is told", () => {
  const { gaps } = saying({
    properties: {
      a: { $ref: "#/definitions/Gone" },
      b: { $ref: "other.json" },
    },
  });

  assert.deepEqual(gaps, [
    'its reference "#/definitions/Gone" leads out of it',
    'its reference "other.json" leads out of it',
  ]);
});
