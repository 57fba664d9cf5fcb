import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { type Counts, faults, type Ran, readCounts, table } from "./counts.ts";
import type { Runtime } from "./runtimes.ts";

const outputs: Readonly<Record<Runtime["name"], string>> = {
  Deno:
    "./core/a_test.ts => a ... ok (1ms)\n./core/a_test.ts => b ... FAILED (2s)\n./core/b_test.ts => c ... ignored (0ms)\n./core/a.ts$3-9.ts => file:///core/a.ts$3-9.ts ... ok (1ms)\n\nFAILED | 12 passed (3 steps) | 2 failed | 1 ignored (3s)\n",
  Node:
    "✔ pass 99\nℹ tests 15\nℹ suites 0\nℹ pass 12\nℹ fail 1\nℹ cancelled 1\nℹ skipped 1\nℹ todo 0\n",
  Bun: "\n 12 pass\n 1 skip\n 2 fail\nRan 15 tests across 3 files. [9.00ms]\n",
};

for (const name of ["Deno", "Node", "Bun"] as const) {
  test(`readCounts() reads the closing lines of ${name}`, () => {
    const tests = name === "Deno" ? 3 : 15;
    const counts: Counts = { passed: 12, failed: 2, skipped: 1, tests };

    assert.deepEqual(readCounts(name, outputs[name]), counts);
  });

  test(`readCounts() reads nothing where ${name} said nothing`, () => {
    const counts: Counts = { passed: 0, failed: 0, skipped: 0, tests: 0 };

    assert.deepEqual(readCounts(name, "Killed\n"), counts);
  });
}

test("readCounts() reads coloured lines", () => {
  const output = "\x1b[32mℹ pass 3\x1b[39m\n";

  assert.equal(readCounts("Node", output).passed, 3);
});

function ran(name: Runtime["name"], tests: number, rest?: Partial<Ran>): Ran {
  const runtime: Runtime = { name, path: name, version: "1.2.3" };
  return {
    runtime,
    passed: tests - 1,
    tests,
    failed: 0,
    skipped: 1,
    seconds: 1.25,
    code: 0,
    ...rest,
  };
}

test("faults() has none where all passed everywhere", () => {
  assert.deepEqual(
    faults([
      ran("Deno", 20, { passed: 30 }),
      ran("Bun", 20),
      ran("Node", 20),
    ]),
    [],
  );
});

test("faults() tells a run that failed", () => {
  const run = ran("Bun", 20, { code: 1, failed: 2 });

  assert.deepEqual(faults([run]), ["Bun exited with 1"]);
});

test("faults() tells a failure that the exit code hides", () => {
  assert.deepEqual(faults([ran("Deno", 20, { failed: 2 })]), [
    "Deno failed 2 tests",
  ]);
});

test("faults() tells a run that did not end", () => {
  assert.deepEqual(faults([ran("Node", 20, { code: undefined })]), [
    "Node did not end in time: a test hangs, or a handle is left open",
  ]);
});

test("faults() tells a run without tests", () => {
  assert.deepEqual(faults([ran("Node", 0)]), [
    "Node found no tests",
  ]);
});

test("faults() tells that Node and Bun ran different tests", () => {
  assert.deepEqual(faults([ran("Bun", 20), ran("Node", 21)]), [
    "Not the same tests everywhere: Bun 20, Node 21",
  ]);
});

test("faults() tells that Deno and Node ran different tests", () => {
  assert.deepEqual(faults([ran("Deno", 20), ran("Node", 21)]), [
    "Not the same tests everywhere: Deno 20, Node 21",
  ]);
});

test("table() has one line a run", () => {
  assert.equal(
    table([ran("Node", 20)]),
    "Node 1.2.3         19 passed  0 failed  1 skipped    1.3 s\n",
  );
});
