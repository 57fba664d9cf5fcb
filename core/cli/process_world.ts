import { open } from "node:fs/promises";
import { systemClock } from "../contract/clock.ts";
import type { Input, SignalName, World } from "./world.ts";

type Listener = (value: never) => void;

interface Emitter {
  on(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
}

interface Output extends Emitter {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

interface StandardInput extends AsyncIterable<Uint8Array>, Emitter {
  destroy(): unknown;
}

/** What Deno, Node and Bun have in common of `process`. */
export interface Process extends Emitter {
  readonly argv: readonly string[];
  readonly stdin: StandardInput;
  readonly stdout: Output;
  readonly stderr: Output;
  exitCode?: number | string | null | undefined;
  exit(code: number): void;
}

const chunkBytes = 65_536;

/** This process. */
export function thisProcess(): Process {
  return (globalThis as unknown as { readonly process: Process }).process;
}

/** This process as the command line sees it, and what undoes its listening. */
export function processWorld(
  args: readonly string[] | undefined,
): World & { release(): void } {
  const process = thisProcess();
  const { stdout, stderr } = process;
  // Whoever reads may go away, as `head` does: what is written then goes nowhere.
  const ignore = (): void => {};
  for (const output of [stdout, stderr]) output.on("error", ignore);
  return {
    args: args ?? process.argv.slice(2),
    clock: systemClock,
    get columns(): number | undefined {
      return stderr.isTTY ? stderr.columns || 80 : undefined;
    },
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    open: (path) => path === "-" ? openStandard(process.stdin) : openFile(path),
    onSignal: (listener) => onSignal(process, listener),
    exit: (code) => process.exit(code),
    release() {
      for (const output of [stdout, stderr]) output.off("error", ignore);
    },
  };
}

function onSignal(
  process: Process,
  listener: (name: SignalName) => void,
): () => void {
  const onInterrupt = (): void => listener("SIGINT");
  const onTerminate = (): void => listener("SIGTERM");
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", onTerminate);
  return () => {
    process.off("SIGINT", onInterrupt);
    process.off("SIGTERM", onTerminate);
  };
}

async function openFile(path: string): Promise<Input> {
  const file = await open(path);
  const stat = await file.stat();
  if (stat.isDirectory()) {
    await file.close();
    throw new TypeError("it is a directory");
  }
  return {
    async read() {
      // A buffer of its own for each chunk: brokers may keep what is a part of it.
      const buffer = new Uint8Array(chunkBytes);
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, null);
      return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead);
    },
    close: () => file.close(),
  };
}

// deno-lint-ignore require-await -- the shape of openFile
async function openStandard(stdin: StandardInput): Promise<Input> {
  const ignore = (): void => {};
  stdin.on("error", ignore);
  let chunks: AsyncIterator<Uint8Array> | undefined;
  return {
    async read() {
      chunks ??= stdin[Symbol.asyncIterator]();
      const { value, done } = await chunks.next();
      return done
        ? undefined
        : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    },
    // deno-lint-ignore require-await -- nothing to wait for, but the shape is the file's
    async close() {
      stdin.destroy();
      stdin.off("error", ignore);
    },
  };
}
