import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { isMediaType, preferred } from "./accept.ts";

const text = "text/plain; charset=utf-8";
const json = "application/json";
const html = "text/html; charset=utf-8";
const metrics = [
  "text/plain; version=0.0.4; charset=utf-8",
  "application/openmetrics-text; version=1.0.0; charset=utf-8",
];

/** Header, what there is, what is chosen. */
const choices: readonly [string | undefined, string[], string | undefined][] = [
  [undefined, [text, json], text],
  ["", [text, json], text],
  ["*/*", [text, json], text],
  ["application/json", [text, json], json],
  ["Application/JSON", [text, json], json],
  ["application/json, */*", [text, json], text],
  ["application/json, */*;q=0.9", [text, json], json],
  ["application/*, */*;q=0.1", [text, json], json],
  ["text/plain;q=0.5, application/json;q=0.6", [text, json], json],
  [
    "text/*;q=0.5, text/plain;q=0.1, application/json;q=0.2",
    [text, json],
    json,
  ],
  ["image/png", [text, json], undefined],
  // The closest range counts, and of two that are as close the kinder one.
  ["a/b;v=1;q=0.1, a/b;q=0.9", ["a/b;v=1", "a/b;v=2"], "a/b;v=2"],
  [
    "application/json, application/json;q=0.1, text/*;q=0.3",
    [text, json],
    json,
  ],
  ["application/json;q=0, */*", [json], undefined],
  ["application/json;q=0.000", [json], undefined],
  ["text/plain;charset=iso-8859-1", [text], undefined],
  ["application/json; charset=utf-8", [json], json],
  [
    'text/plain; x="a,b;q=0"; q=0.5, application/json;q=0.4',
    [text, json],
    text,
  ],
  ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", [
    json,
    html,
  ], html],
  // What is malformed is not read.
  ["application/json;q=2, text/plain;q=0.1", [json, text], text],
  ["/;q=0.1, application/json", [text, json], json],
  ["nonsense", [text, json], text],
  [", ,application/json,", [text, json], json],
  // Prometheus 2 and 3.
  [
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    metrics,
    metrics[1],
  ],
  [
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3,/;q=0.2",
    metrics,
    metrics[1],
  ],
  ["text/plain;version=0.0.4", metrics, metrics[0]],
];

for (const [accept, types, chosen] of choices) {
  test(`preferred() of "${accept ?? "no header"}" among ${types.length} is ${chosen ?? "none"}`, () => {
    assert.equal(preferred(accept, types), chosen);
  });
}

test("preferred() is quick with a header of a thousand ranges and open quotes", () => {
  const long = `${'text/x;a="'.repeat(1_000)}, ${"a/b;q=0.5,".repeat(1_000)}`;

  assert.equal(preferred(long, [json]), undefined);
  // Looked at once: twice over it would take minutes.
  assert.equal(preferred('"\\'.repeat(200_000), [json]), json);
});

test("isMediaType() takes a type with parameters, and no range, list or text", () => {
  const found = [
    json,
    html,
    "text/*",
    "*/*",
    "json",
    "",
    "text/plain, text/html",
    7,
    'text/plain;a="b',
  ].map((one) => isMediaType(one));

  const none = [false, false, false, false, false, false, false];
  assert.deepEqual(found, [true, true, ...none]);
});
