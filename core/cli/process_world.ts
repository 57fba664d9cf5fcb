import { writeFile } from "node:fs/promises";
import { systemClock } from "../contract/clock.ts";
import { errorLine } from "./failure.ts";
import { isCode, openFile, openStandard, type StandardInput } from "./input.ts";
import type { SignalName, World } from "./world.ts";

type Listener = (value: never) => void;

interface Emitter {
  on(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
}

interface Output extends Emitter {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string, done: () => void): unknown;
}

/** What Deno, Node and Bun have in common of `process`. */
export interface Process extends Emitter {
  readonly argv: readonly string[];
  readonly stdin: StandardInput & Emitter;
  readonly stdout: Output;
  readonly stderr: Output;
  exitCode?: number | string | null | undefined;
  exit(code: number): void;
}

/** This process. */
export function thisProcess(): Process {
  return (globalThis as unknown as { readonly process: Process }).process;
}

/** A standard stream while a command runs: its errors are kept, and what was written is waited for. */
class Writing {
  /** Why something could not be written. A reader that went away, as `head` does, is no reason. */
  failure: Error | undefined = undefined;
  /** Told when the reader has gone. */
  readonly #leaving: Set<() => void> = new Set();
  readonly #output: Output;
  #open = 0;
  #left = false;
  #waiting: (() => void)[] = [];
  readonly #onError = (error: Error): void => {
    if (isCode(error, "EPIPE")) this.#leave();
    else this.failure = error;
    // What is open after an error may never be told of.
    this.#open = 0;
    this.#look();
  };

  constructor(output: Output) {
    this.#output = output;
    output.on("error", this.#onError);
  }

  write(text: string): void {
    this.#open++;
    this.#output.write(text, () => {
      this.#open = Math.max(0, this.#open - 1);
      this.#look();
    });
  }

  /** Told at once where the reader has gone already. */
  onLeft(listener: () => void): () => void {
    if (this.#left) listener();
    else this.#leaving.add(listener);
    return () => this.#leaving.delete(listener);
  }

  /** Waits until all is written. */
  async flushed(): Promise<void> {
    if (this.#open === 0) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Waits until all is written, then listens no more. */
  async end(): Promise<void> {
    await this.flushed();
    // An error comes a turn after its write.
    await systemClock.turn();
    this.#output.off("error", this.#onError);
  }

  #look(): void {
    if (this.#open > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #leave(): void {
    this.#left = true;
    for (const listener of [...this.#leaving]) listener();
  }
}

/** This process as the command line sees it. */
export interface ProcessWorld extends World {
  /** Waits until all is written; resolves with why something on standard output could not be. */
  end(): Promise<Error | undefined>;
}

/** Makes a world of this process. */
export function processWorld(
  args: readonly string[] | undefined,
): ProcessWorld {
  const process = thisProcess();
  const { stderr } = process;
  const out = new Writing(process.stdout);
  const err = new Writing(stderr);
  return {
    args: args ?? process.argv.slice(2),
    clock: systemClock,
    get columns(): number | undefined {
      return stderr.isTTY ? stderr.columns || 80 : undefined;
    },
    terminal: process.stdout.isTTY === true,
    out: (text) => out.write(text),
    flushed: () => out.flushed(),
    onLeft: (listener) => out.onLeft(listener),
    err: (text) => err.write(text),
    // deno-lint-ignore require-await -- what is thrown must reject
    open: async (path) =>
      path === "-" ? openStandard(process.stdin) : openFile(path),
    save: (path, text) => writeFile(path, text),
    onSignal: (listener) => onSignal(process, listener),
    exit: (code) => process.exit(code),
    async end() {
      await out.end();
      if (out.failure !== undefined) err.write(`${lost(out.failure)}\n`);
      await err.end();
      return out.failure;
    },
  };
}

function lost(error: Error): string {
  return `Cannot write to standard output: ${errorLine(error)}`;
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
