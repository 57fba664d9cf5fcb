import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import type { Json } from "./json.ts";
import { toYaml } from "./yaml.ts";

const scalars: readonly (readonly [Json, string])[] = [
  [null, "null"],
  [true, "true"],
  [-1.5, "-1.5"],
  [1e21, "1.0e+21"],
  [1.5e-7, "1.5e-7"],
  ["", '""'],
  ["plain text (here), a/b.c-d", "plain text (here), a/b.c-d"],
  ["true", '"true"'],
  ["No", '"No"'],
  ["null", '"null"'],
  ["~", '"~"'],
  ["1.0", '"1.0"'],
  ["0x1f", '"0x1f"'],
  ["1e3", '"1e3"'],
  ["2026-01-31", '"2026-01-31"'],
  ["12:30", '"12:30"'],
  [".inf", '".inf"'],
  ["a: b", '"a: b"'],
  ["a #b", '"a #b"'],
  ["- a", '"- a"'],
  ["{a}", '"{a}"'],
  ["$ref", '"$ref"'],
  [" a", '" a"'],
  ["a ", '"a "'],
  ["größer", '"größer"'],
  ['"', '"\\""'],
  ["\t", '"\\t"'],
  ["\u0085\u2028\ufeff\u007f", '"\\u0085\\u2028\\ufeff\\u007f"'],
  ["\ud800", '"\\ud800"'],
  [[], "[]"],
  [{}, "{}"],
];

for (const [value, text] of scalars) {
  test(`toYaml() writes ${JSON.stringify(value)} as ${text}`, () => {
    assert.equal(toYaml(value), `${text}\n`);
    assert.equal(toYaml({ a: value }), `a: ${text}\n`);
    assert.equal(toYaml([value]), `- ${text}\n`);
  });
}

test("toYaml() writes objects and lists inside each other", () => {
  const value: Json = {
    a: [{ b: 1, c: [2, [3]] }, [], {}, [{ d: {} }]],
    "e f": { "1": { g: null } },
    "on": [[]],
  };

  assert.equal(
    toYaml(value),
    `a:
  - b: 1
    c:
      - 2
      -
        - 3
  - []
  - {}
  -
    - d: {}
e f:
  "1":
    g: null
"on":
  - []
`,
  );
});

test("toYaml() writes lines as lines where nothing gets lost", () => {
  assert.equal(
    toYaml({ a: "one\n\n  two: #\n", b: ["x\ny"] }),
    "a: |\n  one\n\n    two: #\nb:\n  - |-\n    x\n    y\n",
  );
  for (const text of [" a\nb", "\na", "a\n\n", "a\n \nb", "a\r\nb", "\n"]) {
    assert.equal(toYaml({ a: text }), `a: ${JSON.stringify(text)}\n`);
  }
});
