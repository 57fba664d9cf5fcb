import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Reader } from "./reader.ts";
import { sampleOf } from "./sample.ts";

function sample(schema: unknown, schemas: Record<string, unknown> = {}) {
  return sampleOf(schema, new Reader({ components: { schemas } }));
}

test("sampleOf() makes a value that the schema takes", () => {
  const schema = {
    type: "object",
    required: ["id"],
    properties: {
      id: { type: "integer", exclusiveMinimum: 4, multipleOf: 3 },
      at: { type: "string", format: "date-time" },
      code: { type: "string", pattern: "^[A-Z]{3}-\\d+$" },
      state: { enum: ["open", "paid"] },
      given: { type: "string", examples: ["as given"] },
      tags: { type: "array", items: { type: "string" }, minItems: 2 },
      who: { oneOf: [{ type: "null" }, { type: "boolean" }] },
      long: { type: "string", minLength: 6 },
    },
  };

  assert.deepEqual(sample(schema), {
    value: {
      id: 6,
      at: "2026-03-02T09:00:00Z",
      code: "ABC-1",
      state: "open",
      given: "as given",
      tags: ["text", "text"],
      who: null,
      long: "ABC-123",
    },
    fits: true,
  });
});

test("sampleOf() puts the parts of a whole together", () => {
  const Base = { type: "object", properties: { id: { const: 7 } } };

  const { value } = sample({
    allOf: [{ $ref: "#/components/schemas/Base" }],
    properties: { name: { type: "string" } },
  }, { Base });

  assert.deepEqual(value, { id: 7, name: "text" });
});

test("sampleOf() ends where a schema goes round", () => {
  const Tree = {
    type: "object",
    required: ["name"],
    properties: {
      name: { type: "string" },
      down: { type: "array", items: { $ref: "#/components/schemas/Tree" } },
    },
  };

  const { value, fits } = sample({ $ref: "#/components/schemas/Tree" }, {
    Tree,
  });

  assert.equal(fits, true);
  assert.deepEqual(value, {
    name: "text",
    down: [{ name: "text", down: [] }],
  });
});

test("sampleOf() leaves out what is deep and need not be there", () => {
  const Node = {
    type: "object",
    properties: { up: { $ref: "#/components/schemas/Node" } },
  };

  const { value } = sample({ $ref: "#/components/schemas/Node" }, { Node });

  assert.deepEqual(value, { up: { up: { up: {} } } });
});

test("sampleOf() says where it cannot keep what is asked", () => {
  assert.equal(sample({ type: "string", pattern: "^x{40}y$" }).fits, false);
  assert.equal(sample(false).fits, false);
});

test("sampleOf() does not take a field for the prototype", () => {
  const schema = JSON.parse(
    '{"type":"object","properties":{"__proto__":{"type":"string"}}}',
  );

  const { value } = sample(schema);

  assert.deepEqual(Object.keys(value as object), ["__proto__"]);
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
});
