import { test } from "@ruststream/conformance/runner";
import { channel, type RustStream, subscriber } from "@ruststream/core";
import type { CommandContext } from "@ruststream/core/cli";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import * as z from "zod";
import { emptyApp } from "./_kit_test.ts";
import { asyncApi } from "./command.ts";
import { asyncApiDocument } from "./document.ts";
import type { DocumentOptions } from "./options.ts";
import { toYaml } from "./yaml.ts";

const orders = channel("orders", { payload: z.object({ id: z.number() }) });
const typed = channel<{ id: number }>("typed");
const app = emptyApp().withBroker(
  new MemoryBroker(),
  (b) =>
    b.include(subscriber(orders, () => {})).include(
      subscriber(typed, () => {}),
    ),
);

/** Calls the command, and gives what came of it. */
async function call(
  words: readonly string[],
  given: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
  options: DocumentOptions = {},
) {
  const found = {
    code: undefined as number | void,
    written: "",
    said: [] as string[],
    saved: {} as Record<string, string>,
  };
  const context: CommandContext = {
    app: app as RustStream<unknown>,
    words,
    signal: new AbortController().signal,
    has: (option) => option in given,
    value: (option) => given[option],
    values: () => [],
    read: (path) => Promise.resolve(files[path] ?? ""),
    save(path, text) {
      found.saved[path] = text;
      return Promise.resolve();
    },
    write(text) {
      found.written += text;
    },
    say: (line) => void found.said.push(line),
    refuse(line) {
      throw new RangeError(line);
    },
  };
  found.code = await asyncApi(options).run(context);
  return found;
}

test("asyncapi gen writes the document as JSON, and says what has no schema", async () => {
  const { code, written, said } = await call(["gen"]);

  assert.equal(code, undefined);
  assert.deepEqual(JSON.parse(written), asyncApiDocument(app).document);
  assert.ok(written.endsWith("}\n"));
  assert.deepEqual(said, [
    'Cannot show the payload of "typed": it is declared by a type, without a schema',
  ]);
});

test("asyncapi gen writes YAML of another version into a file", async () => {
  const { written, saved } = await call(
    ["gen"],
    { yaml: "", version: "3.0.0", output: "a.yaml" },
    {},
    { id: "urn:example:shop" },
  );

  const { document } = asyncApiDocument(app, {
    version: "3.0.0",
    id: "urn:example:shop",
  });
  assert.equal(written, "");
  assert.deepEqual(saved, { "a.yaml": toYaml(document as never) });
  assert.match(saved["a.yaml"] ?? "", /^asyncapi: "3\.0\.0"\nid: "urn:/);
});

test("asyncapi check finds nothing in the document of the application", async () => {
  const { code, written } = await call(["check"]);

  assert.equal(code, 0);
  assert.equal(written, "");
});

test("asyncapi check says each rule that a file breaks, and where", async () => {
  const file = JSON.stringify({ asyncapi: "2.6.0", channels: 1 });

  const { code, written, said } = await call(["check", "a.json"], {}, {
    "a.json": file,
  });

  assert.equal(code, 1);
  assert.deepEqual(written.split("\n"), [
    "/channels document-field-type: Each field of document holds what the specification says.",
    '/ document-required: An object of document has "asyncapi" and "info".',
    '/asyncapi asyncapi-version: The version of AsyncAPI is "3.0.0" or "3.1.0".',
    "",
  ]);
  assert.deepEqual(said, []);
});

test("asyncapi check says that a file is not JSON", async () => {
  await assert.rejects(call(["check", "a.yaml"], {}, { "a.yaml": "a: 1" }), {
    name: "TypeError",
    message: 'Cannot check "a.yaml": it is not JSON',
  });
});

test("asyncapi refuses calls that mean nothing", async () => {
  const wrong: readonly (readonly [
    readonly string[],
    Readonly<Record<string, string>>,
    RegExp,
  ])[] = [
    [[], {}, /say "asyncapi gen" or/],
    [["gne"], {}, /"asyncapi gne": there are gen and check/],
    [["gen", "a"], {}, /"a": "asyncapi gen" takes no more words/],
    [["check", "a", "b"], {}, /"b"/],
    [["check"], { yaml: "" }, /"--yaml": it is for "asyncapi gen"/],
    [["check"], { output: "a" }, /"--output"/],
    [["check", "a"], { version: "3.0.0" }, /a file has a version of its own/],
    [["gen"], { version: "2.6.0" }, /there are 3\.1\.0 and 3\.0\.0/],
  ];
  for (const [words, given, message] of wrong) {
    await assert.rejects(call(words, given), { name: "RangeError", message });
  }
});
