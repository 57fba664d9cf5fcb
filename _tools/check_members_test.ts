import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { checkMembers } from "./check_members.ts";
import { format, readRepository } from "./repository.ts";

type Manifest = Readonly<Record<string, unknown>>;

const deno: Manifest = {
  name: "@ruststream/core",
  version: "1.0.0-rc.1",
  license: "Apache-2.0",
  exports: { ".": "./mod.ts", "./cli": "./cli/mod.ts" },
  publish: {
    exclude: ["package.json", "**/*_test.ts", "**/*_bench.ts", "**/*_check.ts"],
  },
};
const node: Manifest = {
  name: "@ruststream/core",
  private: true,
  exports: { ".": "./mod.ts", "./cli": "./cli/mod.ts" },
  devDependencies: { zod: "^4" },
};

/** A lawful repository: a member that is published, one that is not. */
const lawful: Readonly<Record<string, Manifest | string>> = {
  "deno.json": { workspace: ["./core", "./examples"] },
  "package.json": { workspaces: ["core", "examples"] },
  "core/deno.json": deno,
  "core/package.json": node,
  "core/README.md": "# core",
  "core/mod.ts": "",
  "core/cli/mod.ts": "",
  "examples/deno.json": {
    name: "@ruststream/examples",
    version: "0.0.0",
    exports: {},
    publish: false,
  },
  "examples/package.json": {
    name: "@ruststream/examples",
    private: true,
    dependencies: { zod: "^4" },
  },
};

function broken(
  files: Readonly<Record<string, Manifest | string | undefined>>,
): readonly string[] {
  const texts = Object.entries({ ...lawful, ...files }).flatMap((
    [path, file],
  ) =>
    file === undefined ? [] : [
      [
        path,
        typeof file === "string" ? file : JSON.stringify(file),
      ] as const,
    ]
  );
  return checkMembers(new Map(texts)).map(({ path, rule }) =>
    `${path} ${rule}`
  );
}

/** What breaks a rule of a member: another `deno.json`, another `package.json`. */
const crimes: readonly (readonly [string, Manifest, Manifest])[] = [
  ["name", { name: "@ruststream/heart" }, { name: "@ruststream/heart" }],
  ["name", {}, { name: "@ruststream/heart" }],
  ["exports", {}, { exports: { ".": "./mod.ts" } }],
  ["exports", { exports: "./mod.ts" }, {}],
  ["exports", {}, {
    exports: { ".": "./cli/mod.ts", "./cli": "./cli/mod.ts" },
  }],
  ["exported-file", { exports: "./gone.ts" }, { exports: "./gone.ts" }],
  ["version", { version: "1.0" }, {}],
  ["version", { version: "v1.0.0" }, {}],
  ["version", { version: undefined }, {}],
  ["license", { license: "MIT" }, {}],
  ["license", { license: undefined }, {}],
  ["private", {}, { private: false }],
  ["unpublished", {
    publish: {
      exclude: ["package.json", "**/*_test.ts", "**/*_bench.ts"],
    },
  }, {}],
  ["dependencies", {}, { dependencies: { zod: "^4" } }],
];

test("checkMembers() finds nothing in lawful manifests", () => {
  assert.deepEqual(broken({}), []);
});

test("checkMembers() takes the short form of exports for the long one", () => {
  const found = broken({
    "core/deno.json": { ...deno, exports: "./mod.ts" },
    "core/package.json": { ...node, exports: { ".": "./mod.ts" } },
  });

  assert.deepEqual(found, []);
});

for (const [rule, one, other] of crimes) {
  const [left, right] = [JSON.stringify(one), JSON.stringify(other)];
  test(`checkMembers() refuses by ${rule}: ${left} and ${right}`, () => {
    const found = broken({
      "core/deno.json": { ...deno, ...one },
      "core/package.json": { ...node, ...other },
    });

    assert.deepEqual(found, [`core/deno.json ${rule}`]);
  });
}

test("checkMembers() refuses a member without README.md", () => {
  assert.deepEqual(broken({ "core/README.md": undefined }), [
    "core/deno.json readme",
  ]);
});

test("checkMembers() refuses a manifest that is no JSON", () => {
  assert.equal(broken({ "core/package.json": "{" }).length > 0, true);
});

test("checkMembers() refuses a workspace list that lacks a folder", () => {
  assert.deepEqual(broken({ "deno.json": { workspace: ["./core"] } }), [
    "deno.json workspace",
  ]);
  assert.deepEqual(broken({ "package.json": { workspaces: ["core"] } }), [
    "package.json workspace",
  ]);
});

test("checkMembers() refuses a workspace list with a folder that is not there", () => {
  const workspace = ["./core", "./examples", "./gone"];

  assert.deepEqual(broken({ "deno.json": { workspace } }), [
    "deno.json workspace",
  ]);
});

test("checkMembers() finds nothing in this repository", () => {
  assert.equal(format(checkMembers(readRepository())), "");
});
