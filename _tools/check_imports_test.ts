import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { checkImports } from "./check_imports.ts";
import { format, readRepository } from "./repository.ts";

const member = (name: string, ...entries: readonly string[]): string =>
  JSON.stringify({
    name: `@ruststream/${name}`,
    exports: Object.fromEntries(
      entries.map((key) => [key, `${key}/mod.ts`.replace("//", "/")]),
    ),
  });

/** A repository of which nothing is wrong; each test adds one file to it. */
const lawful: Readonly<Record<string, string>> = {
  "mod.ts": 'export * from "@ruststream/core";',
  "_tools/tool.ts": 'import fs from "node:fs"; import "./other.ts";',
  "core/deno.json": member("core", ".", "./contract", "./testing", "./cli"),
  "core/package.json": '{ "devDependencies": { "zod": "^4" } }',
  "core/mod.ts": 'export * from "./app.ts"; export * from "./contract/mod.ts";',
  "core/app.ts":
    'import type { A } from "./contract/a.ts"; import { b } from "./_b.ts";',
  "core/_b.ts": "export const b = 1;",
  "core/app_test.ts":
    'import { z } from "zod"; import "@ruststream/memory"; import "@ruststream/core"; import "node:assert";',
  "core/contract/mod.ts": 'export * from "./a.ts";',
  "core/contract/a.ts": 'export type { B } from "./b.ts";',
  "core/contract/b.ts": "export interface B {}",
  "core/contract/b_test.ts": 'import "@ruststream/core/contract";',
  "core/cli/run.ts":
    'import { parseArgs } from "node:util"; await import(file);',
  "memory/deno.json": member("memory", "."),
  "memory/mod.ts": 'import type { A } from "@ruststream/core/contract";',
  "memory/memory_bench.ts": 'import "@ruststream/conformance/runner";',
  "nats/deno.json": member("nats", "."),
  "nats/package.json": '{ "dependencies": { "@nats-io/nats-core": "^3" } }',
  "nats/mod.ts":
    'import { x } from "@nats-io/nats-core/sub"; import "node:net";',
  "metrics/deno.json": member("metrics", "."),
  "metrics/mod.ts": 'import type { App } from "@ruststream/core";',
  "examples/deno.json":
    '{ "name": "@ruststream/examples", "exports": {}, "publish": false }',
  "examples/hello/app.ts":
    'import "@ruststream/nats"; import "@ruststream/core/cli";',
};

function broken(files: Readonly<Record<string, string>>): readonly string[] {
  return checkImports(new Map(Object.entries({ ...lawful, ...files })))
    .map(({ path, line, rule }) => `${path}:${line} ${rule}`);
}

/** What breaks a rule: the rule, the file, the line of code. */
const crimes: readonly (readonly [string, string, string])[] = [
  ["contract-alone", "core/contract/c.ts", 'import "@ruststream/memory";'],
  ["contract-alone", "core/contract/c.ts", 'import "../app.ts";'],
  ["contract-alone", "core/contract/c.ts", 'await import("../app.ts");'],
  ["sibling", "core/c.ts", 'import "@ruststream/memory";'],
  ["sibling", "memory/c.ts", 'import "@ruststream/core";'],
  ["sibling", "memory/c.ts", 'import type { A } from "@ruststream/core/cli";'],
  ["sibling", "nats/c.ts", 'export * from "@ruststream/memory";'],
  ["sibling", "metrics/c.ts", 'import "@ruststream/corella";'],
  ["sibling", "metrics/c.ts", 'type A = import("@ruststream/nats").A;'],
  ["test-sibling", "memory/c_test.ts", 'import "@ruststream/nats";'],
  ["test-sibling", "core/c_bench.ts", 'import "@ruststream/metrics";'],
  ["own-name", "memory/c.ts", 'import "@ruststream/memory";'],
  ["own-name", "core/cli/c.ts", 'import "@ruststream/core/testing";'],
  ["own-mod", "core/cli/c.ts", 'import "../mod.ts";'],
  ["own-mod", "core/cli/c.ts", 'import type { C } from "./mod.ts";'],
  ["private-file", "core/cli/c.ts", 'import "../_b.ts";'],
  ["private-file", "core/cli/c_test.ts", 'import "../_b.ts";'],
  ["leaves-member", "memory/c.ts", 'import "../core/app.ts";'],
  ["leaves-member", "core/c.ts", 'import "../_tools/tool.ts";'],
  ["leaves-member", "core/c_test.ts", 'import "../memory/tool.ts";'],
  ["leaves-member", "main.ts", 'import "./core/mod.ts";'],
  ["leaves-member", "examples/hello/c.ts", 'import "../../mod.ts";'],
  ["node", "core/c.ts", 'import "node:util";'],
  ["node", "codecs/c.ts", 'import type { A } from "node:net";'],
  ["node", "memory/c.ts", 'import "fs";'],
  ["remote", "memory/c.ts", 'import "jsr:@std/async";'],
  ["remote", "memory/c_test.ts", 'await import("https://example.com/x.ts");'],
  ["remote", "nats/c.ts", '/// <reference types="npm:@types/node" />'],
  ["undeclared", "core/c.ts", 'import { z } from "zod";'],
  ["undeclared", "nats/c.ts", 'import "@nats-io/jetstream";'],
  ["undeclared", "examples/c.ts", 'import "zod/mini";'],
  ["opaque", "memory/c.ts", "await import(name);"],
];

test("checkImports() finds nothing in a lawful repository", () => {
  assert.deepEqual(broken({}), []);
});

for (const [rule, path, code] of crimes) {
  test(`checkImports() refuses by ${rule}: ${path} with ${JSON.stringify(code)}`, () => {
    assert.deepEqual(broken({ [path]: `\n${code}` }), [`${path}:2 ${rule}`]);
  });
}

test("checkImports() refuses a cycle once, of types too", () => {
  const found = broken({
    "memory/a.ts": 'import { b } from "./b.ts";',
    "memory/b.ts": 'import type { C } from "./c.ts";',
    "memory/c.ts": 'import type { A } from "./a.ts";',
  });

  assert.deepEqual(found, ["memory/a.ts:1 cycle"]);
});

test("checkImports() shows the way around", () => {
  const files = new Map([
    ["a.ts", 'import "./b.ts";'],
    ["b.ts", 'import "./c.ts"; import "./d.ts";'],
    ["c.ts", ""],
    ["d.ts", 'import "./a.ts";'],
  ]);

  assert.deepEqual(checkImports(files).map((v) => v.message), [
    "a.ts → b.ts → d.ts → a.ts",
  ]);
});

test("checkImports() sees a cycle through a bare name", () => {
  const found = broken({
    "examples/a.ts": 'import "@ruststream/metrics";',
    "metrics/mod.ts": 'export * from "./b.ts";',
    "metrics/b.ts": 'import "@ruststream/metrics";',
  });

  assert.deepEqual(found, [
    "metrics/b.ts:1 own-name",
    "metrics/mod.ts:1 cycle",
  ]);
});

test("checkImports() finds nothing in this repository", () => {
  assert.equal(format(checkImports(readRepository())), "");
}, {
  timeoutMs: 120_000,
  ...!("Deno" in globalThis) && { skip: "Deno looks at the same files" },
});
