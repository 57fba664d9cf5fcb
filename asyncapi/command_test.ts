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
  signal: AbortSignal = new AbortController().signal,
  say: (line: string) => void = () => {},
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
    signal,
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
    say(line) {
      found.said.push(line);
      say(line);
    },
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

test("asyncapi check reads YAML, and says what it cannot read", async () => {
  const files = {
    "a.json": "a: 1",
    "a.yaml": toYaml(asyncApiDocument(app).document as never),
    "b.yml": "asyncapi: 2.6.0\n",
    "c.yaml": "a: *b\n",
  };

  const lawful = await call(["check", "a.yaml"], {}, files);
  const unlawful = await call(["check", "b.yml"], {}, files);

  assert.deepEqual([lawful.code, lawful.written], [0, ""]);
  assert.equal(unlawful.code, 1);
  assert.match(unlawful.written, /^\/asyncapi asyncapi-version: /m);
  await assert.rejects(call(["check", "a.json"], {}, files), {
    name: "TypeError",
    message: 'Cannot check "a.json": it is not JSON',
  });
  await assert.rejects(call(["check", "c.yaml"], {}, files), {
    name: "TypeError",
    message: 'Cannot read "c.yaml" as YAML: line 1 has an alias',
  });
});

test("asyncapi serve shows the document on this machine until it is aborted", async () => {
  const stop = new AbortController();
  const { promise: said, resolve } = Promise.withResolvers<string>();
  const served = call(
    ["serve"],
    { port: "0", version: "3.0.0" },
    {},
    {},
    stop.signal,
    resolve,
  );
  const url = (await said).replace("Serving ", "");

  const page = await fetch(url);
  const text = await page.text();
  const json = await (await fetch(`${url}.json`)).json();
  const { port } = new URL(url);
  const taken = call(["serve"], { port });
  await assert.rejects(taken, {
    name: "TypeError",
    message: new RegExp(`^Cannot listen at "127\\.0\\.0\\.1:${port}": `),
  });
  stop.abort();
  const { code } = await served;

  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/asyncapi$/);
  assert.match(text, /<h1>\s*shop/);
  assert.match(
    page.headers.get("content-security-policy") ?? "",
    /^default-src 'none'; style-src 'sha256-[^;]*; .*frame-ancestors 'none'$/,
  );
  assert.equal(json.asyncapi, "3.0.0");
  assert.equal(code, undefined);
  await assert.rejects(fetch(url));
});

test("asyncapi refuses calls that mean nothing", async () => {
  const wrong: readonly (readonly [
    readonly string[],
    Readonly<Record<string, string>>,
    RegExp,
  ])[] = [
    [[], {}, /say "asyncapi gen", "asyncapi check" or/],
    [["gne"], {}, /"asyncapi gne": there are gen, check and serve/],
    [["gen", "a"], {}, /"a": "asyncapi gen" takes no more words/],
    [["check", "a", "b"], {}, /"b"/],
    [["check"], { yaml: "" }, /"--yaml": it is for "asyncapi gen"/],
    [["check"], { output: "a" }, /"--output"/],
    [["gen"], { port: "1" }, /"--port": it is for "asyncapi serve"/],
    [["serve", "a"], {}, /"asyncapi serve" takes no more words/],
    [["serve"], { port: "65536" }, /"--port 65536": expected a number/],
    [["check", "a"], { version: "3.0.0" }, /a file has a version of its own/],
    [["gen"], { version: "2.6.0" }, /there are 3\.1\.0 and 3\.0\.0/],
  ];
  for (const [words, given, message] of wrong) {
    await assert.rejects(call(words, given), { name: "RangeError", message });
  }
});
