/**
 * Finds Deno, Node and Bun: on PATH where they are new enough, else from npm.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import process from "node:process";

/** A runtime that can be started. */
export interface Runtime {
  /** Its name. */
  readonly name: "Deno" | "Node" | "Bun";
  /** Its executable. */
  readonly path: string;
  /** Its version, as it tells it. */
  readonly version: string;
}

/** The three that everything here runs on. */
export interface Runtimes {
  readonly deno: Runtime;
  readonly node: Runtime;
  readonly bun: Runtime;
}

/** Runs a command to its end; undefined where it cannot be started or fails. */
export type Run = (
  command: string,
  args: readonly string[],
) => string | undefined;

interface Wanted {
  readonly name: Runtime["name"];
  readonly command: string;
  /** The oldest that will do. */
  readonly floor: string;
  /** What is taken from npm where there is none. */
  readonly exact: string;
}

const wantedNode: Wanted = {
  name: "Node",
  command: "node",
  floor: "24.0.0",
  exact: "24.21.0",
};
const wantedBun: Wanted = {
  name: "Bun",
  command: "bun",
  floor: "1.4.0",
  exact: "1.4.5",
};

function run(command: string, args: readonly string[]): string | undefined {
  const { error, status, stdout } = spawnSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    timeout: 300_000,
  });
  return error === undefined && status === 0 ? stdout : undefined;
}

function versionIn(output: string | undefined): string | undefined {
  return /\d+\.\d+\.\d+\S*/.exec(output ?? "")?.[0];
}

/** Whether a version is the floor or later. */
function reaches(version: string, floor: string): boolean {
  const [a, b] = [version, floor].map((v) => v.split(/[.-]/).map(Number));
  for (const [index, part] of (b ?? []).entries()) {
    const other = a?.[index] ?? 0;
    if (other !== part) return other > part;
  }
  return true;
}

function onPath(wanted: Wanted, run: Run): Runtime | undefined {
  const { name, command, floor } = wanted;
  const version = versionIn(run(command, ["--version"]));
  return version !== undefined && reaches(version, floor)
    ? { name, path: command, version }
    : undefined;
}

/** Asks npx for a runtime, and the runtime for its path, so that it can be started without npx. */
function fromNpm(wanted: Wanted, run: Run): Runtime | undefined {
  const { name, command, exact } = wanted;
  const path = run("npx", [
    "--yes",
    `--package=${command}@${exact}`,
    `--call=${command} -p process.execPath`,
  ])?.trim().split("\n").at(-1);
  const version = path && versionIn(run(path, ["--version"]));
  return path && version ? { name, path, version } : undefined;
}

function find(wanted: Wanted, run: Run): Runtime {
  const found = onPath(wanted, run) ?? fromNpm(wanted, run);
  if (found !== undefined) return found;
  const { name, command, floor, exact } = wanted;
  const why = run("npx", ["--version"]) === undefined
    ? "npx is not there to fetch it"
    : `npx could not fetch ${command}@${exact}`;
  throw new TypeError(
    `Cannot find ${name} ${floor} or later: PATH has none, and ${why}. ` +
      `Install ${name}, or npm`,
  );
}

/** Node 24 or later. */
export function findNode(by: Run = run): Runtime {
  return find(wantedNode, by);
}

/** Bun 1.4 or later. */
export function findBun(by: Run = run): Runtime {
  return find(wantedBun, by);
}

/** The Deno that runs this. */
export function findDeno(by: Run = run): Runtime {
  const path = process.execPath;
  const version = versionIn(by(path, ["--version"])) ?? "unknown";
  return { name: "Deno", path, version };
}

/** All three. */
export function findRuntimes(by: Run = run): Runtimes {
  return {
    deno: findDeno(by),
    node: findNode(by),
    bun: findBun(by),
  };
}
