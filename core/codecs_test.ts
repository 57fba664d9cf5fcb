import { test } from "@ruststream/conformance/runner";
import { headers } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { bytesCodec, jsonCodec, textCodec } from "./codecs.ts";

const none = headers();
const invalid = new Uint8Array([0x22, 0xff, 0x22]);
const mark = "\uFEFF";

function throughJson(value: unknown): unknown {
  const { body } = jsonCodec.encode(value);
  return jsonCodec.decode({ body, headers: none });
}

function throughText(value: unknown): unknown {
  const { body } = textCodec.encode(value);
  return textCodec.decode({ body, headers: none });
}

test("jsonCodec gives back what JSON can say", () => {
  const values = [
    null,
    0,
    "",
    "é\u0000\uFFFD\u{1F600}",
    [1, [2]],
    { id: 1, of: { no: null } },
  ];

  for (const value of values) assert.deepEqual(throughJson(value), value);
  assert.equal(jsonCodec.contentType, "application/json");
});

test("jsonCodec refuses what is not JSON", () => {
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;

  for (const value of [undefined, () => {}, Symbol("x")]) {
    assert.throws(
      () => jsonCodec.encode(value),
      new TypeError(
        `Cannot encode a payload as JSON: found ${typeof value}`,
      ),
    );
  }
  assert.throws(() => jsonCodec.encode(1n), TypeError);
  assert.throws(() => jsonCodec.encode(circular), TypeError);
});

test("jsonCodec decodes neither what is not UTF-8 nor what is no JSON, and skips a byte order mark", () => {
  const decode = (body: Uint8Array) =>
    jsonCodec.decode({ body, headers: none });
  const encode = (text: string) => new TextEncoder().encode(text);

  assert.throws(() => decode(invalid), TypeError);
  assert.throws(() => decode(encode("{")), SyntaxError);
  assert.throws(() => decode(new Uint8Array()), SyntaxError);
  assert.deepEqual(decode(encode(`${mark}{"id":1}`)), { id: 1 });
});

test("textCodec gives back any text, a byte order mark and a replacement character too", () => {
  for (const value of ["", "é\u{1F600}", `${mark}first`, "\uFFFD"]) {
    assert.equal(throughText(value), value);
  }
  assert.equal(textCodec.contentType, "text/plain; charset=utf-8");
});

test("textCodec refuses what is no text, and what is not UTF-8", () => {
  assert.throws(
    () => textCodec.encode(5),
    new TypeError(
      "Cannot encode a payload as text: expected a string, found number",
    ),
  );
  assert.throws(
    () => textCodec.decode({ body: invalid, headers: none }),
    TypeError,
  );
});

test("bytesCodec gives the bytes as they are, and takes nothing else", () => {
  assert.equal(bytesCodec.encode(invalid).body, invalid);
  assert.equal(bytesCodec.decode({ body: invalid, headers: none }), invalid);
  assert.equal(bytesCodec.contentType, "application/octet-stream");
  for (const value of ["x", undefined, [1], new ArrayBuffer(1)]) {
    assert.throws(
      () => bytesCodec.encode(value),
      new TypeError(
        `Cannot encode a payload as bytes: expected a Uint8Array, found ${typeof value}`,
      ),
    );
  }
});
