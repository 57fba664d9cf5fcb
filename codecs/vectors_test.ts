import { create, toBinary } from "@bufbuild/protobuf";
import { test } from "@ruststream/conformance/runner";
import { decode as cbor2Decode, encode as cbor2Encode } from "cbor2";
import assert from "node:assert/strict";
import notepack from "notepack.io";
import protobufjs from "protobufjs";
import { message } from "./_kit_test.ts";
import { OrderSchema } from "./_order_pb_test.ts";
import { cbor } from "./cbor.ts";
import { msgpack } from "./msgpack.ts";
import { protobuf } from "./protobuf.ts";

const long = "é€\u{1F600}".repeat(100);
const values: readonly unknown[] = [
  ...[null, true, false, "", "a", long, "x".repeat(31), "x".repeat(70_000)],
  ...[0, 1, 23, 24, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32],
  ...[-1, -24, -25, -32, -33, -128, -129, -32_769, -(2 ** 31), -(2 ** 31) - 1],
  ...[2 ** 53 - 1, 1 - 2 ** 53, 1.1, 5e-324, Infinity],
  ...[[], [1, [2, [3]]], Array.from({ length: 20 }, (_, i) => i)],
  ...[{}, { id: 7, nested: { list: ["a", null, { deep: true }] } }],
  Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`key${i}`, i])),
  { bytes: Uint8Array.of(0, 255), many: new Uint8Array(300) },
];

/** Bytes as they are, whatever class the other library makes them with. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function withPlainBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return plain(value);
  if (Array.isArray(value)) return value.map(withPlainBytes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withPlainBytes(inner)]),
  );
}

test("msgpack() writes the bytes of notepack.io, and both read them", () => {
  const codec = msgpack();
  for (const value of [...values, new Date(1_700_000_000_000)]) {
    const { body } = codec.encode(value);
    const other = plain(notepack.encode(value));

    assert.deepEqual(body, other);
    assert.deepEqual(codec.decode(message(other)), value);
    // It needs a Buffer where there is one, and knows dates as such.
    const read: unknown = notepack.decode(notepack.encode(value));
    assert.deepEqual(
      value instanceof Date ? read : withPlainBytes(read),
      value,
    );
  }
});

test("cbor() writes the bytes of cbor2, and both read them", () => {
  const codec = cbor();
  for (
    const value of [
      ...values,
      new Date(1_700_000_000_000),
      2n ** 63n,
      -1e300,
      NaN,
    ]
  ) {
    const { body } = codec.encode(value);
    const other = plain(cbor2Encode(value));

    assert.deepEqual(body, other);
    assert.deepEqual(codec.decode(message(other)), value);
    assert.deepEqual(cbor2Decode(body), value);
  }
});

// RFC 8949, appendix A: what this codec has a word for.
const appendix: readonly (readonly [string, unknown])[] = [
  ["00", 0],
  ["1864", 100],
  ["1b000000e8d4a51000", 1_000_000_000_000],
  ["1bffffffffffffffff", 18_446_744_073_709_551_615n],
  ["3bffffffffffffffff", -18_446_744_073_709_551_616n],
  ["3903e7", -1_000],
  ["f93e00", 1.5],
  ["f97bff", 65_504],
  ["fb3ff199999999999a", 1.1],
  ["f90400", 0.00006103515625],
  ["f97c00", Infinity],
  ["f97e00", NaN],
  ["f4", false],
  ["f6", null],
  ["f7", undefined],
  ["c11a514b67b0", new Date("2013-03-21T20:04:00Z")],
  ["c1fb41d452d9ec200000", new Date("2013-03-21T20:04:00.500Z")],
  ["4401020304", Uint8Array.of(1, 2, 3, 4)],
  ["62225c", '"\\'],
  ["64f0908591", "\u{10151}"],
  ["8301820203820405", [1, [2, 3], [4, 5]]],
  ["a26161016162820203", { a: 1, b: [2, 3] }],
];

test("cbor() reads and writes the examples of RFC 8949", () => {
  const codec = cbor();
  for (const [hex, value] of appendix) {
    const body = Uint8Array.from(
      hex.match(/../g) ?? [],
      (two) => parseInt(two, 16),
    );

    assert.deepEqual(codec.decode(message(body)), value);
    // One that is a whole number is written as one.
    const written = value === 65_504 ? "19ffe0" : hex;
    const shown = Array.from(
      codec.encode(value).body,
      (byte) => byte.toString(16).padStart(2, "0"),
    );
    assert.equal(shown.join(""), written);
  }
});

const proto = `
syntax = "proto3";
package ruststream.test;
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message Order {
  enum State { STATE_UNSPECIFIED = 0; STATE_PLACED = 1; STATE_PAID = 2; }
  message Line { string sku = 1; uint32 count = 2; double price = 3; }
  int64 id = 1; string customer = 2; bool express = 3; bytes signature = 4;
  State state = 5; repeated Line lines = 6; map<string, int32> weights = 7;
  repeated sint32 offsets = 8; optional float discount = 9;
  Timestamp placed_at = 10;
  oneof payment { string card = 11; fixed64 invoice = 12; }
  Order previous = 13;
}`;

test("protobuf() writes the bytes of protobufjs, and both read them", () => {
  const { codec } = protobuf(OrderSchema);
  const Order = protobufjs.parse(proto).root.lookupType(
    "ruststream.test.Order",
  );
  const fields = {
    id: 7n,
    customer: long,
    express: true,
    signature: Uint8Array.of(0, 255),
    state: 2 as const,
    lines: [{ sku: "a", count: 4_000_000_000, price: 1.1 }, { sku: "b" }],
    weights: { a: -1, b: 300 },
    offsets: [0, -1, 2 ** 31 - 1],
    discount: 0.5,
    placedAt: { seconds: 1_700_000_000n, nanos: 5 },
    payment: { case: "card" as const, value: "4242" },
    previous: { id: -1n },
  };
  const other = Order.encode(Order.fromObject({
    ...fields,
    id: "7",
    placedAt: { seconds: "1700000000", nanos: 5 },
    payment: undefined,
    card: "4242",
    previous: { id: "-1" },
  })).finish();

  const { body } = codec.encode(fields);

  assert.deepEqual(body, plain(other));
  assert.deepEqual(
    codec.decode(message(plain(other))),
    create(OrderSchema, fields),
  );
  const read = Order.toObject(Order.decode(body), {
    longs: String,
    enums: String,
  });
  assert.equal(read["id"], "7");
  assert.equal(read["state"], "STATE_PAID");
  assert.equal(read["card"], "4242");
  assert.deepEqual(
    codec.encode(create(OrderSchema, fields)).body,
    toBinary(OrderSchema, create(OrderSchema, fields)),
  );
});
