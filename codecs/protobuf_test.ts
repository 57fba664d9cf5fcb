import { create } from "@bufbuild/protobuf";
import { StructSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { message, through, thrownBy } from "./_kit_test.ts";
import { Order_LineSchema, OrderSchema } from "./_order_pb_test.ts";
import { protobuf } from "./protobuf.ts";

const { codec, payload } = protobuf(OrderSchema);
const draft07 = { target: "draft-07" };

test("protobuf() writes a message, and what makes one", () => {
  const fields = { id: 7n, lines: [{ sku: "a" }] };
  const order = create(OrderSchema, fields);

  assert.deepEqual(codec.encode(fields), codec.encode(order));
  assert.deepEqual(through(codec, fields), order);
});

test("protobuf() refuses what is no such message", () => {
  const values = [
    ...[undefined, null, "x", 7, [], new Uint8Array(2)],
    create(Order_LineSchema, { sku: "a" }),
    { id: "seven" },
  ];

  for (const value of values) {
    assert.ok(thrownBy(() => codec.encode(value)) instanceof Error);
  }
});

test("protobuf() keeps fields that this version does not know", () => {
  const { codec: older } = protobuf(Order_LineSchema);
  const { body } = codec.encode({
    signature: Uint8Array.of(1),
    state: 1,
    discount: 2,
  });

  const kept = older.encode(older.decode(message(body)));

  assert.deepEqual(kept.body, body);
});

test("protobuf() refuses messages in each other without end", () => {
  let body = new Uint8Array();
  for (let i = 0; i < 200; i++) {
    const length = body.length < 128
      ? [body.length]
      : [body.length & 127 | 128, body.length >> 7];
    body = Uint8Array.of(106, ...length, ...body);
  }

  assert.ok(thrownBy(() => codec.decode(message(body))) instanceof Error);
});

test("protobuf() gives a schema that takes messages and documents them", () => {
  const { validate, jsonSchema } = payload["~standard"];
  const order = create(OrderSchema);

  assert.deepEqual(validate(order), { value: order });
  assert.ok("issues" in validate("x"));
  const document = jsonSchema.input(draft07);
  assert.deepEqual(document, jsonSchema.output(draft07));
  const { definitions } = document as {
    definitions: Record<string, { properties: Record<string, unknown> }>;
  };
  assert.equal(document["$ref"], "#/definitions/ruststream.test.Order");
  assert.deepEqual(Object.keys(definitions), [
    "ruststream.test.Order",
    "ruststream.test.Order.Line",
  ]);
  assert.deepEqual(definitions["ruststream.test.Order"]?.properties, {
    id: { type: "string", pattern: "^-?\\d+$" },
    customer: { type: "string" },
    express: { type: "boolean" },
    signature: { type: "string", contentEncoding: "base64" },
    state: {
      type: "string",
      enum: ["STATE_UNSPECIFIED", "STATE_PLACED", "STATE_PAID"],
    },
    lines: {
      type: "array",
      items: { $ref: "#/definitions/ruststream.test.Order.Line" },
    },
    weights: {
      type: "object",
      additionalProperties: {
        type: "integer",
        minimum: -(2 ** 31),
        maximum: 2 ** 31 - 1,
      },
    },
    offsets: {
      type: "array",
      items: { type: "integer", minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
    },
    discount: { type: ["number", "string"] },
    placedAt: { type: "string", format: "date-time" },
    card: { type: "string" },
    invoice: { type: "string", pattern: "^\\d+$" },
    previous: { $ref: "#/definitions/ruststream.test.Order" },
  });
});

test("protobuf() documents well-known messages by their own form", () => {
  const of = (desc: typeof StructSchema | typeof TimestampSchema) =>
    protobuf(desc).payload["~standard"].jsonSchema.input({
      target: "draft-2020-12",
    });

  assert.deepEqual(of(TimestampSchema), {
    type: "string",
    format: "date-time",
    $defs: {},
  });
  assert.deepEqual(of(StructSchema), { type: "object", $defs: {} });
  assert.throws(
    () => payload["~standard"].jsonSchema.input({ target: "openapi-3.0" }),
    TypeError,
  );
});
