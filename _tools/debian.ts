/**
 * Takes files out of packages of Debian's archive, with the machine's own apt. Nothing is installed, and no root is needed.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** A package, and where it is. */
export interface DebianPackage {
  /** Its name. */
  readonly name: string;
  /** The suite of the archive. */
  readonly suite: string;
}

/**
 * Runs a command to its end, and gives what it wrote.
 *
 * @throws {TypeError} If it cannot be started, or fails.
 */
export function run(
  command: string,
  args: readonly string[],
  cwd?: string,
): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    timeout: 300_000,
    ...(cwd !== undefined && { cwd }),
  });
  if (error === undefined && status === 0) return stdout;
  throw new TypeError(
    `Cannot run "${command} ${args.at(-1)}": ${
      error?.message ?? stderr.trim().split("\n").at(-1)
    }`,
  );
}

/** The folder of the user's cache for what a package gives. */
export function cacheFolder(name: string): string {
  const base = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(base, "ruststream", name);
}

// Where this machine's apt takes packages from: no archive is named here.
function archive(wanted: string): string {
  const sites = run("apt-get", [
    "indextargets",
    "--format",
    "$(SITE) $(ORIGIN)",
    "Created-By: Packages",
  ]).split("\n").map((line) => line.split(" ")[0] ?? "");
  const site = sites.find((s) => /\/debian\/?$/.test(s));
  if (site === undefined) {
    throw new TypeError(
      `Cannot fetch ${wanted}: apt has no archive of Debian`,
    );
  }
  return site;
}

// One apt with a state of its own, so that the machine's is neither read nor changed.
function unpack({ name, suite }: DebianPackage, work: string): string {
  for (const folder of ["state/lists/partial", "cache/archives/partial"]) {
    mkdirSync(join(work, folder), { recursive: true });
  }
  const list = join(work, "sources.list");
  writeFileSync(
    list,
    `deb [signed-by=${keyring}] ${archive(name)} ${suite} main\n`,
  );
  const options = [
    `Dir::Etc::sourcelist=${list}`,
    "Dir::Etc::sourceparts=-",
    `Dir::State=${join(work, "state")}`,
    "Dir::State::status=/var/lib/dpkg/status",
    `Dir::Cache=${join(work, "cache")}`,
    "Acquire::Languages=none",
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
    "APT::Sandbox::User=root",
  ].flatMap((option) => ["-o", option]);
  run("apt-get", [...options, "update"]);
  run("apt-get", [...options, "download", name], work);
  const deb = readdirSync(work).find((file) => file.endsWith(".deb")) ?? "";
  run("dpkg-deb", ["-x", join(work, deb), join(work, "root")]);
  return join(work, "root");
}

/**
 * Copies executables out of a package.
 *
 * @param files Where each stands in the package, and where it is to stand here.
 * @throws {TypeError} If there is no archive, or no such package.
 */
export function takeFromDebian(
  from: DebianPackage,
  files: Readonly<Record<string, string>>,
): void {
  mkdirSync(cacheFolder(from.name), { recursive: true });
  const work = mkdtempSync(join(cacheFolder(from.name), "fetching-"));
  try {
    const unpacked = unpack(from, work);
    for (const [inside, to] of Object.entries(files)) {
      const ready = join(work, "ready");
      copyFileSync(join(unpacked, inside), ready);
      chmodSync(ready, 0o755);
      mkdirSync(dirname(to), { recursive: true });
      // At once and whole: another process may be looking.
      renameSync(ready, to);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
