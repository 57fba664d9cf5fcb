import { test } from "@ruststream/conformance/runner";
import type { RustStream } from "@ruststream/core";
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { officialSchema, parserErrors } from "./official_tools_test.ts";
import { asyncApiDocument } from "./document.ts";
import { checkDocument } from "./lint/lint.ts";
import { asyncApiHtml } from "./view/page.ts";

const folder = new URL("../examples/", import.meta.url);
const files = readdirSync(folder)
  .map((name) => new URL(`${name}/app.ts`, folder))
  .filter((file) => existsSync(file));

const validate = officialSchema("3.1.0");

test("each example is one of these", () => {
  assert.ok(files.length >= 5, `${files.length}`);
});

for (const file of files) {
  const name = file.href.slice(folder.href.length);
  test(`asyncApiDocument() makes a lawful document of examples/${name}, and a page of it`, async () => {
    const { app } = await import(file.href) as { readonly app: RustStream };
    const { document } = asyncApiDocument(app);

    validate(document);

    assert.deepEqual(validate.errors, null);
    assert.deepEqual(await parserErrors(document), []);
    assert.deepEqual(checkDocument(document), []);
    assert.ok(Object.keys(document.operations).length > 0);
    assert.ok(asyncApiHtml(document).length < 100_000);
  });
}
