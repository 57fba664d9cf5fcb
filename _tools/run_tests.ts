/**
 * Runs every test on Deno, Bun and Node, or on those that are named: `deno run -A _tools/run_tests.ts node`.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { faults, type Ran, readCounts, table } from "./counts.ts";
import { failures } from "./failures.ts";
import { readRepository, root } from "./repository.ts";
import { findBun, findDeno, findNode, type Runtime } from "./runtimes.ts";

// Node waits for ever for a handle that is left open: only an outer limit ends it.
const longestMs = 420_000;

const usage = "usage: run_tests.ts [deno] [bun] [node]\n";

// Node compiles every module anew in the process of each test file, unless it finds it here: that halves its time.
const compiled = join(root, "node_modules", ".cache", "node_compile");

// Most of the time is waiting: for processes to start, and for what a server must not send.
const atOnce = 3;

/** How each runtime runs every test. */
const commands: Readonly<
  Record<Runtime["name"], (files: readonly string[]) => readonly string[]>
> = {
  // It finds the files itself, and the documentation with them.
  Deno: () => ["task", "--quiet", "test:deno"],
  // A fresh world for each file.
  Bun: (files) => ["test", `--parallel=${atOnce}`, ...files],
  Node: (files) => [
    "--test",
    "--test-reporter=spec",
    "--test-timeout=60000",
    `--test-concurrency=${atOnce}`,
    ...files,
  ],
};

/** Node comes last, so that its closing lines stand just above ours. */
const finders = { deno: findDeno, bun: findBun, node: findNode };

function isRuntime(name: string): name is keyof typeof finders {
  return Object.hasOwn(finders, name);
}

/** A run, and what failed in it. */
interface Told extends Ran {
  readonly failures: string;
}

/** Ends a process and all that it started. */
function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** Runs all tests on one runtime, and shows its output as it comes. */
async function runOn(
  runtime: Runtime,
  files: readonly string[],
): Promise<Told> {
  process.stdout.write(`\n# ${runtime.name} ${runtime.version}\n\n`);
  const started = performance.now();
  const child = spawn(runtime.path, commands[runtime.name](files), {
    cwd: root,
    env: {
      ...process.env,
      DENO_JOBS: String(atOnce),
      NODE_COMPILE_CACHE: compiled,
    },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = (): void => {
    endGroup(child.pid);
    process.exit(130);
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  let output = "";
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output += text;
      process[name].write(text);
    });
  }
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    endGroup(child.pid);
  }, longestMs);
  const { promise, resolve } = Promise.withResolvers<number>();
  child.once("error", () => resolve(127));
  child.once("close", (code) => resolve(code ?? 1));
  const code = await promise;
  clearTimeout(timer);
  process.off("SIGINT", stop).off("SIGTERM", stop);
  return {
    runtime,
    ...readCounts(runtime.name, output),
    failures: failures(runtime.name, output),
    seconds: (performance.now() - started) / 1000,
    code: late ? undefined : code,
  };
}

/**
 * The files that register tests, those on servers first: they wait longest, and others fill that time.
 *
 * A file that only exports is a helper of others, and so is one with an underscore that tests nothing; Node would count it as a test. Deno finds the files by itself, so a file that is left out here by mistake makes the counts differ.
 */
function testFiles(repository: ReadonlyMap<string, string>): readonly string[] {
  const files = [...repository]
    .filter(([path]) => path.endsWith("_test.ts"))
    .filter(([path, text]) =>
      /\b(test|conformance)\(/.test(text) ||
      !(/\/_[^/]+$/.test(path) || /^export /m.test(text))
    )
    .map(([path]) => `./${path}`);
  const onServers = (file: string): boolean =>
    /^\.\/(nats|examples)\//.test(file);
  return [
    ...files.filter(onServers),
    ...files.filter((file) => !onServers(file)),
  ];
}

/** Runs all tests on each runtime in turn, and says how it went: 0, 1, or 2 for a wrong call. */
async function main(names: readonly string[]): Promise<number> {
  const chosen = names.length === 0 ? Object.keys(finders) : names;
  if (!chosen.every(isRuntime)) {
    process.stderr.write(usage);
    return 2;
  }
  const files = testFiles(readRepository());
  const runs: Told[] = [];
  try {
    // All are found first: what is missing is told before anything runs.
    const runtimes = chosen.map((name) => finders[name]());
    for (const runtime of runtimes) runs.push(await runOn(runtime, files));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    return 1;
  }
  for (const { runtime, failures } of runs) {
    if (failures !== "") {
      process.stdout.write(`\n# Failed on ${runtime.name}\n\n${failures}\n`);
    }
  }
  const found = faults(runs);
  process.stdout.write(`\n${table(runs)}`);
  process.stderr.write(found.map((fault) => `${fault}\n`).join(""));
  return found.length > 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
