import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { message, through } from "./_kit_test.ts";
import { bytesCodec } from "./bytes.ts";
import { json } from "./json.ts";
import { textCodec } from "./text.ts";

const plain = json();
const utf8 = (text: string) => new TextEncoder().encode(text);
const read = (text: string, codec = plain) => codec.decode(message(utf8(text)));

test("json() refuses what is not JSON", () => {
  for (const value of [undefined, () => {}, Symbol("x"), 1n]) {
    assert.throws(() => plain.encode(value), TypeError);
  }
  for (const text of ["", "{", "01", "{} {}"]) {
    assert.throws(() => read(text), SyntaxError);
  }
  assert.throws(
    () => plain.decode(message(Uint8Array.of(0x22, 0xff, 0x22))),
    TypeError,
  );
  assert.deepEqual(read("\uFEFF[1]"), [1]);
});

test("json({ bigint }) reads whole numbers beyond 2^53 - 1 as bigints", () => {
  const codec = json({ bigint: true });

  assert.equal(read("9007199254740993", codec), 9007199254740993n);
  assert.equal(read("-9007199254740993", codec), -9007199254740993n);
  assert.equal(read("9007199254740991", codec), 2 ** 53 - 1);
  assert.equal(read("1e300", codec), 1e300);
  assert.equal(through(codec, 2 ** 60), 2 ** 60);
  assert.equal(through(codec, 5n), 5);
  assert.throws(() => read("1".repeat(1_001), codec), /1001 digits/);
});

test("json({ dates }) reads dates where it is told to", () => {
  const at = new Date(1_700_000_000_123);
  const all = json({ dates: true });
  const some = json({ dates: ["at"] });
  const text = at.toISOString();

  assert.deepEqual(through(all, { at, list: [at] }), { at, list: [at] });
  assert.deepEqual(through(some, { at, note: text }), { at, note: text });
  assert.deepEqual(read('["2026-02-30T00:00:00.000Z"]', all), [
    "2026-02-30T00:00:00.000Z",
  ]);
  assert.throws(() => some.encode({ on: at }), /"on".*not among the names/);
  assert.throws(() => some.encode({ at: text }), /"at".*read as a date/);
  assert.throws(() => all.encode([new Date(NaN)]), /"0".*invalid/);
});

test("json({ replacer, reviver }) changes what is written and read", () => {
  const codec = json({
    bigint: true,
    replacer: (_name, value) => value instanceof Set ? [...value] : value,
    reviver: (name, value) => name === "tags" ? new Set(value as []) : value,
  });
  const order = { id: 2n ** 70n, tags: new Set(["a"]) };

  assert.deepEqual(through(codec, order), order);
});

test("json() refuses an option that it does not have", () => {
  assert.throws(() => json({ date: true } as object), /no option "date"/);
});

test("textCodec keeps any text and refuses what is none", () => {
  for (const text of ["", "\uFEFFé\u{1F600}\u0000", "\uFFFD"]) {
    assert.equal(through(textCodec, text), text);
  }
  for (const value of [1, undefined, "\uD800"]) {
    assert.throws(() => textCodec.encode(value), TypeError);
  }
  assert.throws(() => textCodec.decode(message(Uint8Array.of(255))), TypeError);
});

test("bytesCodec gives the bytes as they are, and takes nothing else", () => {
  const body = Uint8Array.of(0, 255);

  assert.equal(through(bytesCodec, body), body);
  for (const value of ["x", undefined, [1], new ArrayBuffer(1)]) {
    assert.throws(() => bytesCodec.encode(value), TypeError);
  }
});
