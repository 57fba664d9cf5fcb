import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { message, through, thrownBy } from "./_kit_test.ts";
import { cbor } from "./cbor.ts";

const codec = cbor();

function read(...body: readonly number[]): unknown {
  return codec.decode(message(Uint8Array.from(body)));
}

test("cbor() refuses what would come back as something else", () => {
  const values: readonly unknown[] = [
    new Map([["id", 1]]),
    { tags: new Set(["a"]) },
    [new Float64Array(2)],
    new BigInt64Array(1),
    new ArrayBuffer(2),
    new DataView(new ArrayBuffer(2)),
    new Date(NaN),
    new Date("+142817-01-20T01:18:34.438Z"),
    /x/,
    2n ** 64n,
    -(2n ** 64n) - 1n,
    () => {},
    Symbol("x"),
  ];

  for (const value of values) {
    assert.ok(thrownBy(() => codec.encode(value)) instanceof Error);
  }
});

test("cbor() refuses a circle", () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;

  assert.throws(() => codec.encode(circle), /circular/);
});

test("cbor() keeps a name that objects are wary of", () => {
  const value: unknown = JSON.parse('{"__proto__":1,"constructor":2}');

  assert.deepEqual(through(codec, value), value);
});

test("cbor() reads dates of whole and broken seconds", () => {
  assert.deepEqual(
    read(0xc1, 0x1a, 0x51, 0x4b, 0x67, 0xb0),
    new Date(1363896240000),
  );
  assert.deepEqual(
    read(0xc1, 0xfb, 0x41, 0xd4, 0x52, 0xd9, 0xec, 0x20, 0, 0),
    new Date(1363896240500),
  );
  assert.throws(() => read(0xc1, 0x61, 65), /no time/);
  assert.throws(() => read(0xc1, 0xf9, 0x7e, 0), /no time/);
});

test("cbor() refuses what is not one whole item of plain data", () => {
  const bodies = [
    ...[[], [0x61], [0x82, 1], [0xa1, 0x61, 65], [1, 2], [0xff], [0x1c]],
    // A name that is no text, another tag, a text in pieces.
    ...[[0xa1, 1, 1], [0xd8, 42, 0], [0x7f, 0x61, 65, 0xff]],
    ...[[0x9b, 255, 255, 255, 255, 255, 255, 255, 255], [0xbb, 0, 1]],
  ];

  for (const body of bodies) {
    assert.ok(thrownBy(() => read(...body)) instanceof Error);
  }
});

test("cbor() refuses a body of a million lists in each other", () => {
  const body = new Uint8Array(1_000_000).fill(0x81);

  assert.ok(thrownBy(() => codec.decode(message(body))) instanceof Error);
  assert.equal(read(1), 1);
});

test("cbor({ sorted }) writes equal payloads as equal bytes", () => {
  const sorted = cbor({ sorted: true });
  const one = sorted.encode({ b: 1, a: { d: 1, c: 2 } }).body;
  const other = sorted.encode({ a: { c: 2, d: 1 }, b: 1 }).body;

  assert.deepEqual(one, other);
  assert.notDeepEqual(
    codec.encode({ b: 1, a: 2 }),
    codec.encode({ a: 2, b: 1 }),
  );
});

test("cbor() writes plain bytes, large or small", () => {
  // The library has a Buffer of 256 bytes, which it gives away when most of it is used.
  for (const length of [1, 100, 200, 300, 3_000]) {
    const value = Array.from({ length }, () => 1);
    assert.equal(codec.encode(value).body.constructor, Uint8Array);
  }
});

test("cbor() refuses an option that it does not have", () => {
  assert.throws(() => cbor({ sort: true } as object), /no option "sort"/);
});
