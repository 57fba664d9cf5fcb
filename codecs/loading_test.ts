import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

interface Manifest {
  readonly exports: Readonly<Record<string, string>>;
}

const read = (path: string): string =>
  readFileSync(new URL(path, import.meta.url), "utf8");

/** The packages that a file loads, itself or by what it imports. Types alone load nothing. */
function packages(file: string, seen: Set<string> = new Set()): Set<string> {
  const found = new Set<string>();
  if (seen.has(file)) return found;
  seen.add(file);
  const values = read(file).matchAll(
    /^(?:import|export) (?!type\b)[^;]*?from "([^"]+)"/gm,
  );
  for (const [, specifier = ""] of values) {
    if (!specifier.startsWith(".")) found.add(specifier);
    else for (const name of packages(specifier, seen)) found.add(name);
  }
  return found;
}

const own: Readonly<Record<string, readonly string[]>> = {
  "./cbor": ["cborg"],
  "./msgpack": ["@msgpack/msgpack"],
  "./protobuf": ["@bufbuild/protobuf"],
};

test("an entry point loads no library but its own", () => {
  const { exports } = JSON.parse(read("./deno.json")) as Manifest;

  assert.ok(Object.keys(exports).length >= 9);
  for (const [name, file] of Object.entries(exports)) {
    const loaded = [...packages(file)].filter((one) =>
      one !== "@ruststream/core/contract"
    );
    assert.deepEqual(loaded, own[name] ?? [], name);
  }
});
