import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { entryPoints } from "./entry_points.ts";
import { format, isLibrary, members, readRepository } from "./repository.ts";

const files: ReadonlyMap<string, string> = new Map([
  ["deno.json", '{ "workspace": [] }'],
  [
    "core/deno.json",
    '{ "name": "@ruststream/core", "exports": { ".": "./mod.ts", "./cli": "./cli/mod.ts", "./run": "./cli/mod.ts" } }',
  ],
  [
    "examples/deno.json",
    '{ "name": "@ruststream/examples", "publish": false }',
  ],
]);

test("members() reads each folder with a deno.json", () => {
  assert.deepEqual(members(files).map((m) => [m.folder, m.published]), [
    ["core", true],
    ["examples", false],
  ]);
});

test("entryPoints() names each exported file once", () => {
  assert.deepEqual(entryPoints(files), ["core/mod.ts", "core/cli/mod.ts"]);
});

test("isLibrary() leaves out tests, benches, examples and tools", () => {
  const paths = [
    "core/a.ts",
    "core/a_test.ts",
    "core/a_bench.ts",
    "core/README.md",
    "examples/a.ts",
    "_tools/a.ts",
    "mod.ts",
  ];

  assert.deepEqual(paths.filter((path) => isLibrary(files, path)), [
    "core/a.ts",
  ]);
});

test("readRepository() reads this repository without node_modules", () => {
  const paths = [...readRepository().keys()];

  assert.equal(paths.includes("_tools/repository.ts"), true);
  assert.equal(paths.includes("core/deno.json"), true);
  assert.deepEqual(paths.filter((path) => path.includes("node_modules")), []);
});

test("format() has one line a violation and says how many there are", () => {
  const violation = { path: "a.ts", line: 3, rule: "any", message: "no any" };

  assert.equal(
    format([violation, { ...violation, line: 4 }]),
    "a.ts:3 any: no any\na.ts:4 any: no any\n2 violations in 1 files\n",
  );
  assert.equal(format([]), "");
});
