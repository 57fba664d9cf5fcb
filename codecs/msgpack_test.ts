import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { message, through, thrownBy } from "./_kit_test.ts";
import { msgpack } from "./msgpack.ts";

const codec = msgpack();
const exact = msgpack({ bigint: true });

function read(...body: readonly number[]): unknown {
  return codec.decode(message(Uint8Array.from(body)));
}

test("msgpack() refuses what would come back as something else", () => {
  const values: readonly unknown[] = [
    undefined,
    new Map([["id", 1]]),
    { tags: new Set(["a"]) },
    [new Float64Array(2)],
    new ArrayBuffer(2),
    new Date(NaN),
    /x/,
    new Error("x"),
    1n,
    () => {},
    Symbol("x"),
    JSON.parse('{"__proto__":1}'),
  ];

  for (const value of values) {
    assert.ok(thrownBy(() => codec.encode(value)) instanceof Error);
  }
});

test("msgpack() leaves undefined fields out, and writes the fields of a class", () => {
  class Order {
    readonly id = 1;
    readonly note = undefined;
  }

  assert.deepEqual(through(codec, new Order()), { id: 1 });
});

test("msgpack() refuses a circle", () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;

  assert.throws(() => codec.encode(circle), Error);
  assert.throws(() => exact.encode(circle), Error);
});

test("msgpack() reads whole numbers exactly or not at all", () => {
  assert.equal(read(0xcf, 0, 0x1f, ...Array(6).fill(255)), 2 ** 53 - 1);
  assert.equal(read(0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 1), 1 - 2 ** 53);
  assert.equal(read(0xd3, ...Array(8).fill(255)), -1);
  for (
    const body of [
      [0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0],
      [0xcf, ...Array(8).fill(255)],
      [0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 0],
      [0xd3, 0xff, 0xdf, 0xff, 0xff, 0, 0, 0, 1],
      [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0],
    ]
  ) assert.throws(() => read(...body), /beyond 2\^53 - 1/);
});

test("msgpack({ bigint }) keeps 64 bits and refuses more", () => {
  const values = [2n ** 64n - 1n, -(2n ** 63n), 0n];

  for (const value of values) assert.equal(through(exact, value), value);
  for (const value of [2n ** 64n, -(2n ** 63n) - 1n]) {
    assert.throws(() => exact.encode({ in: [value] }), /more than 64 bits/);
  }
});

test("msgpack() refuses a body that ends early or goes on", () => {
  const heads = [
    ...[[], [0xd9], [0xda, 0], [0xa5, 65], [0xc4, 2, 0], [0xc7, 1, 5]],
    ...[[0x92, 1], [0x81, 0xa1, 65], [0xdc, 0], [0xdf, 0, 0, 0, 1, 1]],
    ...[[0xca, 0], [0xd6, 0xff, 0], [0xcf, 0, 0, 0]],
  ];

  for (const body of heads) {
    assert.throws(() => read(...body), /ends too early/);
  }
  assert.throws(() => read(1, 2), /1 bytes follow its end/);
});

test("msgpack() refuses extensions but lawful timestamps", () => {
  const codec = msgpack();
  const nanos = [0xff, 0xff, 0xff, 0xff];
  const unlawful: readonly (readonly number[])[] = [
    [0xd4, 5, 1],
    [0xc7, 0, 5],
    [0x81, 0xa1, 97, 0xd4, 0xfe, 1],
    [0xd4, 0xff, 1],
    [0xc7, 12, 0xff, ...nanos, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  ];

  for (const bytes of unlawful) {
    const body = Uint8Array.from(bytes);
    assert.throws(() => codec.decode(message(body)), Error, bytes.join(" "));
  }
  const epoch = Uint8Array.of(0xd6, 0xff, 0, 0, 0, 0);
  assert.deepEqual(codec.decode(message(epoch)), new Date(0));
});

test("msgpack() makes no room for what a body only claims", () => {
  const claims = new Uint8Array(1_000_000);
  // Each list says that it has thirty million elements, the next list first.
  for (let at = 0; at < claims.length - 5; at += 5) {
    claims.set([0xdd, 1, 0xc9, 0xc3, 0x80], at);
  }
  const bodies = [
    claims,
    Uint8Array.from([0xdd, 1, 0xff, 0xff, 0xff]),
    Uint8Array.from([0xdf, 255, 255, 255, 255]),
    Uint8Array.from([0xdb, 255, 255, 255, 255]),
  ];

  for (const body of bodies) {
    assert.throws(() => codec.decode(message(body)), /ends too early/);
  }
});

test("msgpack() reads a body of 100,000 lists in each other", () => {
  const body = new Uint8Array(100_001).fill(0x91);
  body[100_000] = 1;

  assert.ok(Array.isArray(codec.decode(message(body))));
});

test("msgpack() refuses an option that it does not have", () => {
  assert.throws(() => msgpack({ big: true } as object), /no option "big"/);
});
