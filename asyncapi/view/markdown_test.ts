import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { markdown } from "./markdown.ts";

const shown = {
  "One\nline\n\nAnother": "<p>One\nline</p><p>Another</p>",
  "- a\n- b\n  goes on": "<ul><li>a</li><li>b goes on</li></ul>",
  "Text:\n1. one\n2. two": "<p>Text:</p><ul><li>one</li><li>two</li></ul>",
  "# Head\nText": "<p><strong>Head</strong></p><p>Text</p>",
  "a `b*c*` **d** *e*":
    "<p>a <code>b*c*</code> <strong>d</strong> <em>e</em></p>",
  "[x](https://a.example/?a=1&b)":
    '<p><a href="https://a.example/?a=1&amp;b" rel="noreferrer">x</a></p>',
  "[x](javascript:alert) <b>": "<p>x &lt;b&gt;</p>",
  "2 * 3 * 4": "<p>2 * 3 * 4</p>",
  "```ts\n<a>\n\n- b\n```\nafter":
    "<pre><code>&lt;a&gt;\n\n- b</code></pre><p>after</p>",
  "~~~\nopen": "<pre><code>open</code></pre>",
  "": "",
};

for (const [text, expected] of Object.entries(shown)) {
  test(`markdown() shows ${JSON.stringify(text)}`, () => {
    assert.equal(
      markdown(text).toString().replaceAll(/>\s+</g, "><"),
      expected.replaceAll(/>\s+</g, "><"),
    );
  });
}
