import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { toUtf8, utf8Reader } from "@ruststream/core/contract";

const pieces = ["tea", "é", "漢", "🍵", "\uD83C", "\0", "\u2028", ""];

/** Texts of all widths, shorter and longer than what shares memory. */
function texts(): string[] {
  const lengths = [
    0,
    1,
    2,
    7,
    100,
    682,
    683,
    1_024,
    2_047,
    2_048,
    2_049,
    9_000,
  ];
  return lengths.flatMap((length) =>
    pieces.map((piece) =>
      (piece === "" ? "a" : piece).repeat(length).slice(0, length)
    )
  ).concat(lengths.map((length) => `${"a".repeat(length)}漢`));
}

test("toUtf8 gives what a TextEncoder does, and what it gave stays as it was", () => {
  const encoder = new TextEncoder();
  const all = [...texts(), ...texts()];
  const given = all.map((text) => toUtf8(text));
  for (const [index, text] of all.entries()) {
    assert.deepEqual(
      [...given[index] ?? []],
      [...encoder.encode(text)],
      `${text.length} of ${JSON.stringify(text.slice(0, 2))}`,
    );
  }
});

test("what one body of toUtf8 has is no other's", () => {
  const given = Array.from({ length: 600 }, (_, id) => toUtf8(`{"id":${id}}`));
  for (const body of given) body.fill(0);
  const last = toUtf8("tea");
  for (const body of given) assert.ok(body.every((byte) => byte === 0));
  assert.deepEqual([...last], [116, 101, 97]);
});

test("utf8Reader keeps a byte order mark where it is asked to, and takes no half of a character", () => {
  const marked = new Uint8Array([0xef, 0xbb, 0xbf, 0x74]);
  assert.equal(utf8Reader(true)(marked), "\uFEFFt");
  assert.equal(utf8Reader(false)(marked), "t");
  assert.throws(
    () => utf8Reader(false)(new Uint8Array([0xe6, 0xbc])),
    TypeError,
  );
  assert.equal(utf8Reader(false)(toUtf8("\uFFFD")), "\uFFFD");
});
