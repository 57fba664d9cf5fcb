import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { bundleFaults } from "./bare_world.ts";

test("bundleFaults() finds nothing in a bundle of web standards", () => {
  const script = `(() => {
    const text = new TextDecoder().decode(new TextEncoder().encode("a"));
    setTimeout; new AbortController().signal; new ReadableStream();
    globalThis.core = { text };
  })();`;

  assert.deepEqual(bundleFaults(script), []);
});

for (const name of ["process.env", "Deno.env", "Bun.env", "Buffer.from"]) {
  test(`bundleFaults() refuses a bundle that needs ${name}`, () => {
    const [global = ""] = name.split(".");

    assert.deepEqual(bundleFaults(`globalThis.core = { a: ${name} };`), [
      `it throws "ReferenceError: ${global} is not defined"`,
    ]);
  });
}

test("bundleFaults() refuses a bundle that mentions a module of Node", () => {
  const script = 'globalThis.core = {\n  a: () => import("node:fs")\n};';

  assert.deepEqual(bundleFaults(script), [
    'it mentions "a: () => import("node:fs")"',
  ]);
});

test("bundleFaults() refuses a bundle that exports nothing", () => {
  assert.deepEqual(bundleFaults("globalThis.core = {};"), [
    "it exports nothing",
  ]);
});
