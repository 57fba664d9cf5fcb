import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** How the runtime that runs this runs a test file of its own. */
function command(): readonly string[] {
  const { deno, bun } = process.versions as Record<string, string | undefined>;
  if (deno !== undefined) {
    return ["test", "-A", "--no-check", "--quiet", "with_deno.ts"];
  }
  return bun === undefined
    ? ["--test", "--test-reporter=spec", "with_node.ts"]
    : ["test", "./with_bun.ts"];
}

test("testApp() works under the runtime's own test runner", async () => {
  // A test runner that is told of another one above it would report to that.
  const { NODE_TEST_CONTEXT: _above, ...env } = process.env;
  const child = spawn(process.execPath, command(), {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: { ...env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => said += text);
  }
  const code = await new Promise((resolve) => child.once("close", resolve));

  assert.match(said, /an order is charged again until the till answers/);
  assert.match(said, /1 pass|pass 1/);
  assert.equal(code, 0, said);
});
