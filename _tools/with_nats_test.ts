import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

// Says where its server is and with which word it greets, and ends with 3.
const script = `import { connect } from "node:net";
import process from "node:process";
const { port } = new URL(process.env.NATS_URL);
const socket = connect(Number(port), "127.0.0.1");
socket.once("data", (bytes) => {
  process.stdout.write(port + " " + String(bytes).slice(0, 4) + " " + process.argv[2]);
  process.exitCode = 3;
  socket.destroy();
});
`;

/** Runs the tool to its end. */
async function run(
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly stdout: string }> {
  const tool = fileURLToPath(new URL("with_nats.ts", import.meta.url));
  const flags = "deno" in process.versions ? ["run", "-A", "--no-check"] : [];
  const child = spawn(process.execPath, [...flags, tool, ...args], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const { promise, resolve } = Promise.withResolvers<number | null>();
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text) => stdout += text);
  child.once("close", resolve);
  return { code: await promise, stdout };
}

/** Whether somebody listens. */
function listens(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1");
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

test("with_nats.ts runs a script beside a server, and ends both", async () => {
  const folder = mkdtempSync(join(tmpdir(), "with-nats-"));
  const path = join(folder, "script.mjs");
  writeFileSync(path, script);
  try {
    const { code, stdout } = await run([path, "word"]);

    const [port, greeting, word] = stdout.split(" ");
    assert.deepEqual([greeting, word, code], ["INFO", "word", 3]);
    assert.equal(await listens(Number(port)), false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("with_nats.ts without a script starts nothing, and exits with 2", async () => {
  assert.deepEqual(await run([]), { code: 2, stdout: "" });
});
