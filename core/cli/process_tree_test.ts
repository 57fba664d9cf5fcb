import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const fixture = fileURLToPath(new URL("_fixture_app_test.ts", import.meta.url));
const isDeno = "Deno" in globalThis;
const isBun = "Bun" in globalThis;

/** The fixture on the runtime that runs this test, in the words of a shell. */
const command = [
  `"${process.execPath}"`,
  ...isDeno ? ["run", "-A", "--no-check"] : [],
  `"${fixture}"`,
  "run --feed orders=-",
].join(" ");

/** Who gets a signal: the first process, as in a container, or all of the group, as at Ctrl-C and by a supervisor. */
type Target = "first" | "group";

/** What became of the first process, and what the service said. */
interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/** Starts a tree of processes with the service in it, and sends a signal while a handler of it works. */
async function signalled(
  [program, ...args]: readonly string[],
  target: Target,
  name: "SIGINT" | "SIGTERM",
  folder: string,
): Promise<Ended> {
  const child = spawn(program ?? "", args, {
    cwd: folder,
    detached: true,
    env: {
      ...process.env,
      RUSTSTREAM_FIXTURE: "1",
      RUSTSTREAM_SLOW_MS: "300",
      NO_COLOR: "1",
    },
    stdio: ["pipe", "ignore", "pipe"],
  });
  const pid = child.pid ?? 0;
  const started = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<number | null>();
  let said = "";
  child.stdin.on("error", () => {});
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (said.includes("started 1\n")) started.resolve();
  });
  child.once("error", closed.reject);
  // All of the tree has let go of its standard error.
  child.once("close", (code) => closed.resolve(code));
  child.stdin.write('{"id":1}\n');
  await Promise.race([started.promise, closed.promise]);
  process.kill(target === "group" ? -pid : pid, name);
  const code = await closed.promise;
  child.stdin.destroy();
  return { code, said };
}

/** A folder whose task is the service, for `deno task`, `bun run` and the like. */
async function withTask<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "ruststream-"));
  const tasks = { service: command };
  try {
    await writeFile(join(folder, "deno.json"), JSON.stringify({ tasks }));
    const scripts = JSON.stringify({ scripts: tasks });
    await writeFile(join(folder, "package.json"), scripts);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('main() drains behind "sh -c exec" where SIGTERM comes to the first process', async () => {
  const { code, said } = await signalled(
    ["sh", "-c", `exec ${command}`],
    "first",
    "SIGTERM",
    tmpdir(),
  );

  assert.match(said, /stopped \(SIGTERM\): 1 settled, 0 returned, 0 lost\n/);
  assert.equal(code, 0);
});

test('main() drains behind "sh -c" where SIGINT comes to all processes', async () => {
  const { said } = await signalled(
    ["sh", "-c", `${command}; exit $?`],
    "group",
    "SIGINT",
    tmpdir(),
  );

  assert.match(said, /stopped \(SIGINT\): 1 settled, 0 returned, 0 lost\n/);
});

// Of Node's own runner and npm no service hears: docs/in_a_container.md says so.
const runner = isDeno
  ? ["task", "-q", "service"]
  : isBun
  ? ["run", "--silent", "service"]
  : undefined;

for (const target of ["first", "group"] as const) {
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    test(`main() drains behind a task of the runtime where ${name} comes to the ${target}, once or twice`, async () => {
      const tree = runner === undefined
        ? ["sh", "-c", `exec ${command}`]
        : [process.execPath, ...runner];

      const { code, said } = await withTask((folder) =>
        signalled(tree, target, name, folder)
      );

      assert.match(
        said,
        new RegExp(`stopped \\(${name}\\): 1 settled, 0 returned, 0 lost\\n`),
      );
      assert.equal(code, 0);
    });
  }
}
