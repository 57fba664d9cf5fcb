import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { failures } from "./failures.ts";
import type { Runtime } from "./runtimes.ts";

const outputs: Readonly<Record<Runtime["name"], string>> = {
  Deno:
    "./a_test.ts => fine ... ok (1ms)\n./a_test.ts => breaks ... FAILED (15ms)\n\n ERRORS \n\nbreaks => ./a_test.ts:3:6\nerror: AssertionError: 1 is not 2\n\n FAILURES \n\nbreaks => ./a_test.ts:3:6\n\nFAILED | 1 passed | 1 failed (2s)\n",
  Node:
    "✔ fine (1ms)\n✖ breaks (8ms)\nℹ pass 1\nℹ fail 1\n\n✖ failing tests:\n\ntest at a_test.ts:3:6\n✖ breaks (8ms)\n  AssertionError: 1 is not 2\n",
  Bun:
    "\na_test.ts:\n(pass) fine [1.00ms]\nAssertionError: 1 is not 2\n(fail) breaks [3.00ms]\n(pass) fine too\n\nb_test.ts:\n(skip) later\n\n 2 pass\n 1 fail\n",
};

for (const name of ["Deno", "Node", "Bun"] as const) {
  test(`failures() tells the name and the error of what failed on ${name}`, () => {
    const told = failures(name, outputs[name]);

    assert.match(told, /breaks/);
    assert.match(told, /AssertionError: 1 is not 2/);
    assert.doesNotMatch(told, /fine|later/);
  });

  test(`failures() tells nothing where nothing failed on ${name}`, () => {
    assert.equal(failures(name, "fine [1.00ms]\n 1 pass\n"), "");
  });
}

test("failures() tells in which file a test of Bun failed", () => {
  assert.match(failures("Bun", outputs.Bun), /^a_test\.ts:\n/);
});

for (
  const [name, output, told] of [
    ["Node", "✔ fine (1ms)\n✖ breaks (8ms)\n", "✖ breaks (8ms)"],
    [
      "Deno",
      "./a_test.ts => fine ... ok (1ms)\n./a_test.ts => breaks ... FAILED (9s)\n",
      "./a_test.ts => breaks ... FAILED (9s)",
    ],
  ] as const
) {
  test(`failures() names what failed on ${name} where that hangs afterwards`, () => {
    assert.equal(failures(name, output), told);
  });
}

test("failures() tells the first lines of many", () => {
  const output = `\n✖ failing tests:\n${"✖ one more\n".repeat(1000)}`;
  const lines = failures("Node", output).split("\n");

  assert.equal(lines.length, 151);
  assert.equal(lines.at(-1), "(more above)");
});
