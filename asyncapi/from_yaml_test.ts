import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { fromYaml } from "./from_yaml.ts";
import type { Json } from "./json.ts";
import { lawfulDocument } from "./lint/lawful_document_test.ts";
import { documentOf, hostileDocument } from "./view/documents_test.ts";
import { toYaml } from "./yaml.ts";

const read: readonly (readonly [text: string, value: Json])[] = [
  ["", null],
  ["a: 1\nb: two words # and why\nc:\n", { a: 1, b: "two words", c: null }],
  ["---\na:\n  b:\n    - 1\n    - x: 2\n      y: 3\n    -\n", {
    a: { b: [1, { x: 2, y: 3 }, null] },
  }],
  ["a:\n- 1\n- - 2\n  - 3\n", { a: [1, [2, 3]] }],
  ["a: 'it''s'\nb: \"\\u00e9\\n\"\n'c d': ~", {
    a: "it's",
    b: "é\n",
    "c d": null,
  }],
  ["a: http://a.example:1/b#c\nb: a #c\nc: '#'", {
    a: "http://a.example:1/b#c",
    b: "a",
    c: "#",
  }],
  ["a: |\n  one\n   two\n\n  # three\nb: |-\n  x\nc: |+\n  y\n\nd: 1", {
    a: "one\n two\n\n# three\n",
    b: "x",
    c: "y\n\n",
    d: 1,
  }],
  ["a: >\n  one\n  two\n\n  three\n    four\n  five\nb: >-\n  x\n  y", {
    a: "one two\nthree\n  four\nfive\n",
    b: "x y",
  }],
  ['a: one\n  two\n\n  three\nb: "x\n  y"', { a: "one two\nthree", b: "x y" }],
  ["a: [1, 'two', [three], {b: c, d}]\nb: {}\nc: [\n  1, # one\n  2\n  ]", {
    a: [1, "two", ["three"], { b: "c", d: null }],
    b: {},
    c: [1, 2],
  }],
  ["a: 1.0.0\nb: 1.5\nc: 0x1F\nd: true\ne: yes\nf: 2026-01-02\ng: -1e3", {
    a: "1.0.0",
    b: 1.5,
    c: 31,
    d: true,
    e: "yes",
    f: "2026-01-02",
    g: -1000,
  }],
  ["a:\r\n  b: c\r\n", { a: { b: "c" } }],
  ["- a: 1\n\n  # why\n  b: 2\n- c", [{ a: 1, b: 2 }, "c"]],
  ["just text", "just text"],
  ['{"a": [1, {"b": null}]}', { a: [1, { b: null }] }],
];

for (const [text, value] of read) {
  test(`fromYaml() reads ${JSON.stringify(text).slice(0, 60)}`, () => {
    assert.deepEqual(fromYaml(text, "a.yaml"), value);
  });
}

const documents: Readonly<Record<string, unknown>> = {
  lawful: lawfulDocument(),
  hostile: hostileDocument(),
  three: documentOf(3),
  texts: [
    "",
    " a ",
    "a: b",
    "- a",
    "#",
    "a\nb",
    "\n",
    "a\n\n\nb\n",
    "1",
    "~",
    "'",
    "\t",
    "é\u2028",
    "{",
    "*a",
    "a #b",
    "x: |",
    "true",
    "0x1",
  ],
};

for (const [name, document] of Object.entries(documents)) {
  test(`fromYaml() reads what toYaml() writes: ${name}`, () => {
    assert.deepEqual(fromYaml(toYaml(document as Json), "a.yaml"), document);
  });
}

const refused: Readonly<Record<string, RegExp>> = {
  "a: &b 1": /line 1 has an anchor$/,
  "b: 1\na: *b": /line 2 has an alias/,
  "a: !!str 1": /line 1 has a tag/,
  "<<: {}": /line 1 has a merge key/,
  "? a\n: b": /line 1 has a complex key/,
  "%YAML 1.2\n---\na: 1": /line 1 has a directive/,
  "a: 1\n---\nb: 2": /line 2 has a second document/,
  "a: 1\na: 2": /line 2 has the key "a" a second time/,
  "a: {b: 1, b: 2}": /the key "b" a second time/,
  "a: .inf": /a number that JSON does not have/,
  "\ta: 1": /line 1 has a tab/,
  "a: 1\n  b: 2": /line 2 has a key in the middle of a text/,
  "a: b: c": /line 1 has a key in the middle of a text/,
  "a:\n    b: 1\n  c: 2": /line 3 has what does not belong/,
  'a: "b': /line 1 has a quote without an end/,
  "a: [1, 2": /without an end/,
  "a: 'b' c": /more behind an end/,
  "a: |x\n  b": /a block that begins with more/,
  'a: "\\q"': /an escape that is none/,
};

for (const [text, message] of Object.entries(refused)) {
  test(`fromYaml() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => fromYaml(text, "a.yaml"), {
      name: "TypeError",
      message,
    });
  });
}

test("fromYaml() says which file, does not take a key for the prototype, and ends soon", () => {
  const value = fromYaml("__proto__:\n  a: 1\n", "a.yaml") as object;

  assert.deepEqual(Object.keys(value), ["__proto__"]);
  assert.throws(() => fromYaml("*a", "b.yaml"), {
    message: 'Cannot read "b.yaml" as YAML: line 1 has an alias',
  });
  const blank = `a${"\n".repeat(100_000)}  b`;
  assert.equal((fromYaml(blank, "b.yaml") as string).length, 100_001);
  for (const deep of ["- ".repeat(500), "[".repeat(50_000)]) {
    assert.throws(() => fromYaml(deep, "b.yaml"), /too deep/);
  }
});
