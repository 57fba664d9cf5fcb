import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { kindOf, LineSplitter } from "./lines.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The lines of a text that comes in chunks of so many bytes. */
function split(text: string, chunkBytes: number, maxBytes = 100): unknown[] {
  const splitter = new LineSplitter(maxBytes);
  const bytes = encoder.encode(text);
  const lines = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    lines.push(...splitter.push(bytes.slice(at, at + chunkBytes)));
  }
  lines.push(...splitter.end());
  return lines.map(({ number, bytes }) => [
    number,
    bytes && decoder.decode(bytes),
  ]);
}

for (const chunkBytes of [1, 3, 1_000]) {
  test(`LineSplitter ends lines at LF and CRLF, chunks of ${chunkBytes}`, () => {
    assert.deepEqual(
      split("a\nbb\r\n\n\u00e9\ud83d\ude00\r\nlast", chunkBytes),
      [
        [1, "a"],
        [2, "bb"],
        [3, ""],
        [4, "\u00e9\ud83d\ude00"],
        [5, "last"],
      ],
    );
  });

  test(`LineSplitter drops a byte order mark at the start only, chunks of ${chunkBytes}`, () => {
    assert.deepEqual(split("\ufeffa\n\ufeffb\n", chunkBytes), [
      [1, "a"],
      [2, "\ufeffb"],
    ]);
  });

  test(`LineSplitter keeps no line that is too long, chunks of ${chunkBytes}`, () => {
    assert.deepEqual(split("12345\n123456\n1\n1234567", chunkBytes, 5), [
      [1, "12345"],
      [2, undefined],
      [3, "1"],
      [4, undefined],
    ]);
  });
}

test("LineSplitter makes no line of nothing", () => {
  assert.deepEqual(split("", 1), []);
  assert.deepEqual(split("a\n", 1), [[1, "a"]]);
});

test("kindOf() tells blank lines, JSON and the rest apart", () => {
  const kinds = ["", " \t\r", "1", '{"a":"\u00e9"}', "{a}", "\ufeff1"]
    .map((text) => kindOf(encoder.encode(text)));

  assert.deepEqual(kinds, ["blank", "blank", "json", "json", "other", "other"]);
  // 0xff stands nowhere in UTF-8.
  assert.equal(kindOf(new Uint8Array([0x22, 0xff, 0x22])), "other");
});
