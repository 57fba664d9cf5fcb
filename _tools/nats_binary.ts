/**
 * Finds a `nats-server`, or takes one from Debian's archive with the machine's own apt.
 *
 * The archive holds three generations, one in each of three suites. Nothing is installed: the package is unpacked into a
 * folder of the user's cache. On other systems take the server project's own releases, and put `nats-server` on PATH or
 * name it in NATS_SERVER.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
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

/** Which server: the oldest that is promised, the one between, or the newest that can be had. */
export type NatsGeneration = "2.9" | "2.10" | "newest";

/** A server that can be started. */
export interface NatsBinary {
  /** Its executable. */
  readonly path: string;
  /** Its version, as it tells it. */
  readonly version: string;
}

const suites: Readonly<Record<NatsGeneration, string>> = {
  "2.9": "bookworm",
  "2.10": "trixie",
  newest: "forky",
};

// What the newest is good for begins here; an older one on PATH would test less than it says.
const newestFloor = [2, 14] as const;

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

function run(command: string, args: readonly string[], cwd?: string): string {
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

function binaryAt(path: string): NatsBinary | undefined {
  try {
    const version = /\d+\.\d+\.\d+/.exec(run(path, ["--version"]))?.[0];
    return version === undefined ? undefined : { path, version };
  } catch {
    return undefined;
  }
}

function fits({ version }: NatsBinary, generation: NatsGeneration): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return generation === "newest"
    ? major > newestFloor[0] ||
      (major === newestFloor[0] && minor >= newestFloor[1])
    : `${major}.${minor}` === generation;
}

function cacheFolder(): string {
  const base = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(base, "ruststream", "nats-server");
}

// Where this machine's apt takes packages from: no archive is named here.
function archive(): string {
  const sites = run("apt-get", [
    "indextargets",
    "--format",
    "$(SITE) $(ORIGIN)",
    "Created-By: Packages",
  ]).split("\n").map((line) => line.split(" ")[0] ?? "");
  const site = sites.find((s) => /\/debian\/?$/.test(s));
  if (site === undefined) {
    throw new TypeError(
      "Cannot fetch nats-server: apt has no archive of Debian",
    );
  }
  return site;
}

// One apt with a state of its own, so that the machine's is neither read nor changed.
function unpack(suite: string, work: string): string {
  for (const folder of ["state/lists/partial", "cache/archives/partial"]) {
    mkdirSync(join(work, folder), { recursive: true });
  }
  const list = join(work, "sources.list");
  writeFileSync(
    list,
    `deb [signed-by=${keyring}] ${archive()} ${suite} main\n`,
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
  run("apt-get", [...options, "download", "nats-server"], work);
  const deb = readdirSync(work).find((name) => name.endsWith(".deb")) ?? "";
  run("dpkg-deb", ["-x", join(work, deb), join(work, "root")]);
  return join(work, "root/usr/sbin/nats-server");
}

function fetchBinary(suite: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  const work = mkdtempSync(join(cacheFolder(), "fetching-"));
  try {
    const ready = join(work, "ready");
    copyFileSync(unpack(suite, work), ready);
    chmodSync(ready, 0o755);
    // At once and whole: another process may be looking.
    renameSync(ready, to);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * A server of a generation: NATS_SERVER where it fits, PATH where that fits, else Debian's, fetched once (about 5 s).
 *
 * @throws {TypeError} If there is none, with what to do.
 */
export function findNatsServer(
  generation: NatsGeneration = "newest",
): NatsBinary {
  const named = process.env["NATS_SERVER"];
  for (const path of [named, "nats-server"]) {
    const binary = path ? binaryAt(path) : undefined;
    if (binary !== undefined && fits(binary, generation)) return binary;
  }
  const suite = suites[generation];
  const cached = join(cacheFolder(), suite, "nats-server");
  let why = "the one that was fetched does not start";
  try {
    if (!existsSync(cached)) fetchBinary(suite, cached);
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  const found = binaryAt(cached);
  if (found !== undefined) return found;
  throw new TypeError(
    `Cannot find nats-server ${generation}: NATS_SERVER and PATH have none that fits, and ${why}. ` +
      "Take it from the releases of the server project, and put it on PATH or name it in NATS_SERVER",
  );
}
