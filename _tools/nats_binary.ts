/**
 * Finds a `nats-server`, or takes one from Debian's archive with the machine's own apt.
 *
 * The archive holds three generations, one in each of three suites. Nothing is installed: the package is unpacked into a
 * folder of the user's cache. On other systems take the server project's own releases, and put `nats-server` on PATH or
 * name it in NATS_SERVER.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { cacheFolder, run, takeFromDebian } from "./debian.ts";

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
  const cached = join(cacheFolder("nats-server"), suite, "nats-server");
  let why = "the one that was fetched does not start";
  try {
    if (!existsSync(cached)) {
      takeFromDebian({ name: "nats-server", suite }, {
        "usr/sbin/nats-server": cached,
      });
    }
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
