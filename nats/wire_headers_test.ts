import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { headers } from "@ruststream/core/contract";
import type { Msg } from "@nats-io/nats-core";
import { splitKey } from "./keys.ts";
import { addressOf, headersOf, numberOf, wireHeaders } from "./wire_headers.ts";

const encoder = new TextEncoder();

/** A message as the client holds it. */
function came(bytes: Uint8Array): Msg {
  return { _msg: { hdr: bytes.length }, _rdata: bytes } as unknown as Msg;
}

test("wireHeaders() writes what headersOf() reads: repeated names, spaces, signs, letters of any kind", () => {
  const fields = headers([
    ["X-One", " both ends "],
    ["x-one", "a: b"],
    ["empty", ""],
    ["sign", "größe 値 🚚"],
  ]);

  const found = headersOf(came(wireHeaders(fields)));

  assert.deepEqual([...found ?? []], [...fields]);
  assert.deepEqual(found?.getAll("X-ONE"), [" both ends ", "a: b"]);
  assert.equal(found?.has("none"), false);
});

test("wireHeaders() refuses what would end a line", () => {
  assert.throws(() => wireHeaders([["a", "b\r\nc: d"]]), TypeError);
  assert.throws(() => wireHeaders([["a\nb", "c"]]), TypeError);
  assert.throws(() => wireHeaders([["", "c"]]), TypeError);
});

test("headersOf() reads what others write: no space, no value, lines that are no fields", () => {
  const text = "NATS/1.0 100 Idle\r\na:1\r\nb:\r\nnothing\r\nc:  2\r\n\r\n";

  const found = headersOf(came(encoder.encode(text)));

  assert.deepEqual([...found ?? []], [["a", "1"], ["b", ""], ["c", " 2"]]);
});

test("addressOf() is where the message was sent, whatever is likely", () => {
  const sent = (subject: string): Msg =>
    ({ subject, _msg: { subject: encoder.encode(subject) } }) as unknown as Msg;

  for (const subject of ["orders.1", "orders.2", "orders.größe", "orders"]) {
    assert.equal(addressOf(sent(subject), "orders.1"), subject);
    assert.equal(addressOf(sent(subject), "orders.größe"), subject);
  }
  assert.equal(addressOf({ subject: "a" } as Msg, "b"), "a");
});

test("numberOf() is the last token where that is a number, whoever made the message", () => {
  const sent = (subject: string): Msg =>
    ({ _msg: { subject: encoder.encode(subject) } }) as unknown as Msg;
  const found = ["a.b.1203", "größe.7", "42", "a.b.x1", "a.1x", "a.-1"];
  const expected = [1203, 7, 42, NaN, NaN, NaN];

  assert.deepEqual(found.map((each) => numberOf(sent(each))), expected);
  assert.equal(numberOf({ subject: "a.b.12" } as Msg), 12);
});

test("splitKey() takes the key out of the headers", () => {
  const key = ["nats-partition-key", "k"] as const;

  assert.deepEqual(splitKey(undefined), {});
  assert.deepEqual(splitKey(headers([key])), { key: "k" });
  const both = splitKey(headers([["a", "1"], key]));
  assert.deepEqual([...both.headers ?? []], [["a", "1"]]);
});
