/**
 * Packs each member, installs what a user would install into an empty project, and imports all of it
 * on Deno, Node and Bun. Then loads a bundle of core where there is nothing but the web platform.
 *
 * @module
 */
import { execFile } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { bundleFaults } from "./bare_world.ts";
import { type Member, members, readRepository, root } from "./repository.ts";
import { findRuntimes, type Runtime } from "./runtimes.ts";

const deno = process.execPath;

/** Aborted by the first signal to this process. */
const stop = new AbortController();

/** Runs a command to its end; throws with what it said where it fails. */
async function run(
  what: string,
  cwd: string,
  command: string,
  args: readonly string[],
): Promise<void> {
  try {
    await promisify(execFile)(command, args, {
      cwd,
      env: { ...process.env, NO_COLOR: "1" },
      signal: stop.signal,
      timeout: 120_000,
    });
  } catch (error) {
    const { message, killed, stdout = "" } = error as Error & {
      readonly killed?: boolean;
      readonly stdout?: string;
    };
    const why = killed ? "it did not end by itself" : message;
    throw new TypeError(`${what}: ${why}\n${stdout}`);
  }
}

/** The specifiers of all entry points of a member: `@ruststream/core/cli`. */
function specifiers({ name, entries }: Member): readonly string[] {
  return [...entries.keys()].map((key) => `${name}${key.slice(1)}`);
}

/**
 * Packs the members and installs them into an empty project.
 *
 * `deno pack` leaves siblings out of the dependencies, so all are installed side by side.
 */
async function install(
  temporary: string,
  packages: readonly Member[],
): Promise<string> {
  const project = join(temporary, "project");
  mkdirSync(project);
  writeFileSync(
    join(project, "package.json"),
    '{ "name": "smoke", "private": true, "type": "module" }\n',
  );
  const tarballs: string[] = [];
  for (const { folder, name } of packages) {
    const tarball = join(temporary, `${folder}.tgz`);
    const args = ["pack", "--quiet", "--allow-dirty", "--output", tarball];
    await run(`Cannot pack ${name}`, join(root, folder), deno, args);
    tarballs.push(tarball);
  }
  await run("Cannot install the packed members", project, "npm", [
    "install",
    "--no-audit",
    "--no-fund",
    "--no-package-lock",
    ...tarballs,
  ]);
  return project;
}

/** Imports each entry point of a member on one runtime. The process must end by itself: an import starts nothing. */
async function importAll(
  project: string,
  member: Member,
  runtime: Runtime,
): Promise<void> {
  const file = `${member.folder}.mjs`;
  const lines = specifiers(member).map((name) =>
    `console.log("importing ${name}");\nawait import("${name}");\n`
  );
  writeFileSync(join(project, file), lines.join(""));
  const args = runtime.name === "Deno"
    ? ["run", "--allow-all", "--quiet", "--node-modules-dir=manual", file]
    : [file];
  const what = `Cannot import ${member.name} on ${runtime.name}`;
  await run(what, project, runtime.path, args);
}

/** Bundles core for a browser and loads it in a bare world. */
async function bundle(temporary: string): Promise<void> {
  const entry = join(temporary, "entry.ts");
  const output = join(temporary, "core.js");
  const core = pathToFileURL(join(root, "core/mod.ts"));
  writeFileSync(
    entry,
    `import * as core from "${core}";\nObject.assign(globalThis, { core });\n`,
  );
  await run("Cannot bundle @ruststream/core", root, deno, [
    "bundle",
    "--quiet",
    "--platform=browser",
    "--format=iife",
    `--output=${output}`,
    entry,
  ]);
  const faults = bundleFaults(readFileSync(output, "utf8"));
  if (faults.length > 0) {
    throw new TypeError(
      `Cannot run @ruststream/core on the web platform: ${faults.join("; ")}`,
    );
  }
}

async function main(temporary: string): Promise<void> {
  const packages = members(readRepository()).filter((m) => m.published);
  await run("Cannot find npm, which installs what was packed", root, "npm", [
    "--version",
  ]);
  const runtimes = Object.values<Runtime>({ ...findRuntimes() });
  const project = await install(temporary, packages);
  for (const member of packages) {
    for (const runtime of runtimes) await importAll(project, member, runtime);
    const count = specifiers(member).length;
    process.stdout.write(
      `${member.name}: ${count} entry points on ${runtimes.length} runtimes\n`,
    );
  }
  await bundle(temporary);
  process.stdout.write(
    "@ruststream/core: a bundle runs on the web platform alone\n",
  );
}

if (import.meta.main) {
  const temporary = mkdtempSync(join(tmpdir(), "ruststream-pack-"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => stop.abort());
  }
  try {
    await main(temporary);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
