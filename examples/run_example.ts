/**
 * Runs an example as its reader would: a process of its own, on the runtime that runs this one.
 *
 * @module
 */
import { spawn } from "node:child_process";
import process from "node:process";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";

/** How a process has ended, and what it said. */
export interface Ended {
  /** Its exit code; null where a signal ended it. */
  readonly code: number | null;
  /** What it wrote to standard output. */
  readonly stdout: string;
  /** What it wrote to standard error. */
  readonly stderr: string;
}

/** An example that runs. */
export interface Example {
  /** Its standard input. */
  readonly input: Writable;
  /** Resolves when it has ended. */
  readonly ended: Promise<Ended>;
  /** Resolves when its standard error has this in it, or it has ended. */
  said(words: string): Promise<void>;
  /** Sends it a signal. */
  signal(name: "SIGINT" | "SIGTERM" | "SIGKILL"): void;
}

/** Starts the example in a folder of this one with these arguments, and more variables in its environment. */
export function startExample(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Example {
  const app = fileURLToPath(new URL(`${folder}/app.ts`, import.meta.url));
  const flags = "deno" in process.versions ? ["run", "-A", "--no-check"] : [];
  const child = spawn(process.execPath, [...flags, app, ...args], {
    env: { ...process.env, ...env },
  });
  let stdout = "";
  let stderr = "";
  const heard = new Set<() => void>();
  const tell = (): void => heard.forEach((look) => look());
  const ended = Promise.withResolvers<Ended>();
  let isOver = false;

  child.stdout.setEncoding("utf8").on("data", (text) => stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
    tell();
  });
  // Whoever ends early reads no more of what it is sent: not a fault of this process.
  child.stdin.on("error", () => {});
  child.once("error", ended.reject);
  child.once("close", (code) => {
    isOver = true;
    ended.resolve({ code, stdout, stderr });
    tell();
  });
  return {
    input: child.stdin,
    ended: ended.promise,
    said(words) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = (): void => {
        if (!isOver && !stderr.includes(words)) return;
        heard.delete(look);
        resolve();
      };
      heard.add(look);
      look();
      return promise;
    },
    signal(name) {
      // Not child.kill(): Deno 2.9 then closes its input and says that the signal ended it, whatever its exit code was.
      if (child.pid !== undefined) process.kill(child.pid, name);
    },
  };
}

/** Runs an example to its end, with this on its standard input. */
export function runExample(
  folder: string,
  args: readonly string[],
  input = "",
): Promise<Ended> {
  const example = startExample(folder, args);
  example.input.end(input);
  return example.ended;
}
