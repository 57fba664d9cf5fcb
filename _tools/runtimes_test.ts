import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { findBun, findNode, type Run } from "./runtimes.ts";

/** A machine that answers some commands, and remembers what it was asked. */
function machine(
  answers: Readonly<Record<string, string>>,
): { readonly run: Run; readonly asked: string[] } {
  const asked: string[] = [];
  const run: Run = (command, args) => {
    asked.push([command, ...args].join(" "));
    return answers[[command, ...args].join(" ")];
  };
  return { run, asked };
}

const npx = {
  "npx --version": "11.0.0\n",
  "npx --yes --package=node@24.21.0 --call=node -p process.execPath":
    "some notice\n/cache/node\n",
  "/cache/node --version": "v24.21.0\n",
};

test("findNode() takes the one on PATH", () => {
  const { run, asked } = machine({ "node --version": "v24.0.0\n", ...npx });

  assert.deepEqual(findNode(run), {
    name: "Node",
    path: "node",
    version: "24.0.0",
  });
  assert.deepEqual(asked, ["node --version"]);
});

test("findNode() takes a later one", () => {
  const { run } = machine({ "node --version": "v26.1.0-nightly.2\n" });

  assert.equal(findNode(run).version, "26.1.0-nightly.2");
});

for (const version of ["v20.20.2", "v9.99.99", "v23.11.1", "none"]) {
  test(`findNode() asks npm where PATH has ${version}`, () => {
    const { run } = machine({ "node --version": `${version}\n`, ...npx });

    assert.deepEqual(findNode(run), {
      name: "Node",
      path: "/cache/node",
      version: "24.21.0",
    });
  });
}

test("findBun() takes 1.4 or later", () => {
  const { run } = machine({ "bun --version": "1.10.0\n" });

  assert.equal(findBun(run).path, "bun");
});

test("findBun() says what is missing where npm is missing too", () => {
  const { run } = machine({ "bun --version": "1.3.9\n" });

  assert.throws(() => findBun(run), {
    message: "Cannot find Bun 1.4.0 or later: PATH has none, " +
      "and npx is not there to fetch it. Install Bun, or npm",
  });
});

test("findNode() says so where npm cannot fetch it", () => {
  const { run } = machine({ "npx --version": "11.0.0\n" });

  assert.throws(() => findNode(run), {
    message: "Cannot find Node 24.0.0 or later: PATH has none, " +
      "and npx could not fetch node@24.21.0. Install Node, or npm",
  });
});
