/**
 * Processes that are no children of the one that starts them, so that a test which starts one leaves nothing open.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

// Starts a program in the background, and ends it with the process that asked for it.
const launcher = `
"$@" >"$OUTPUT" 2>&1 </dev/null & child=$!
( while kill -0 "$OWNER" 2>/dev/null && kill -0 $child 2>/dev/null; do sleep 1; done
  kill -9 $child ) >/dev/null 2>&1 </dev/null &
echo $child`;

/** Starts a program that is no child of this process, and ends with it all the same. What it prints goes to a file. Returns its process id. */
export function launch(
  command: string,
  args: readonly string[],
  output = "/dev/null",
  env: Readonly<Record<string, string | undefined>> = process.env,
): number {
  const { stdout } = spawnSync("sh", ["-c", launcher, "sh", command, ...args], {
    encoding: "utf8",
    // A server whose folder is gone writes to where it stands.
    cwd: tmpdir(),
    env: { ...env, OWNER: String(process.pid), OUTPUT: output },
  });
  return Number(stdout.trim());
}

/** Whether a process runs. One that has ended and that nobody asked about does not. */
export function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (!existsSync("/proc/self/stat")) return true;
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Looks every few milliseconds until there is something. */
export async function until<T>(
  look: () => T | undefined,
  withinMs: number,
  failed: () => string,
): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new TypeError(failed());
    await sleep(5);
  }
}
