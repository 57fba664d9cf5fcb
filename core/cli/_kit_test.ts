/**
 * What the tests of the command line share: a world of their own, and processes of the runtime under test. It registers no tests.
 *
 * @module
 */
import { RustStream } from "@ruststream/core";
import {
  type Clock,
  type Connection,
  type Delivery,
  parseAddress,
  type ServerDescription,
  systemClock,
} from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { MainOptions } from "./main.ts";
import { runMain } from "./main.ts";
import type { Summary } from "./summary.ts";
import type { Input, SignalName, World } from "./world.ts";

const encoder = new TextEncoder();

/** A process that is none: files are texts, signals are calls, output is kept. */
export class TestWorld implements World {
  readonly clock: Clock;
  readonly exits: number[] = [];
  readonly args: readonly string[];
  readonly columns: number | undefined;
  stdout = "";
  stderr = "";
  /** Files by their names; text, bytes, or something that gives chunks. */
  readonly files: Map<string, Uint8Array | (() => Input)> = new Map();
  /** What was saved, by the names of the files. */
  readonly saved: Map<string, string> = new Map();
  readonly listeners: Set<(name: SignalName) => void> = new Set();
  readonly leaving: Set<() => void> = new Set();
  terminal = false;
  readonly #waits: { pattern: RegExp; resolve: () => void }[] = [];
  readonly #writes: { pattern: RegExp; resolve: () => void }[] = [];

  constructor(
    args: string | readonly string[],
    columns?: number,
    clock: Clock = systemClock,
  ) {
    this.args = typeof args === "string"
      ? args.split(" ").filter((word) => word !== "")
      : args;
    this.columns = columns;
    this.clock = clock;
  }

  /** Puts a file there. */
  file(name: string, text: string | Uint8Array | (() => Input)): this {
    this.files.set(
      name,
      typeof text === "string" ? encoder.encode(text) : text,
    );
    return this;
  }

  out(text: string): void {
    this.stdout += text;
    for (const { pattern, resolve } of this.#writes) {
      if (pattern.exec(this.stdout) !== null) resolve();
    }
  }

  flushed(): Promise<void> {
    return Promise.resolve();
  }

  onLeft(listener: () => void): () => void {
    this.leaving.add(listener);
    return () => this.leaving.delete(listener);
  }

  /** Lets the reader of standard output go. */
  leave(): void {
    for (const listener of [...this.leaving]) listener();
  }

  /** Resolves when standard output holds this. */
  wrote(pattern: RegExp): Promise<void> {
    return new Promise((resolve) => {
      this.#writes.push({ pattern, resolve });
      this.out("");
    });
  }

  err(text: string): void {
    this.stderr += text;
    for (const { pattern, resolve } of this.#waits) {
      if (pattern.exec(this.stderr) !== null) resolve();
    }
  }

  /** Resolves when standard error holds this. */
  said(pattern: RegExp): Promise<void> {
    return new Promise((resolve) => {
      this.#waits.push({ pattern, resolve });
      this.err("");
    });
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async open(path: string): Promise<Input> {
    const found = this.files.get(path);
    if (found === undefined) {
      throw Object.assign(new Error("found nothing"), { code: "ENOENT" });
    }
    return typeof found === "function" ? found() : inputOf([found]);
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async save(path: string, text: string): Promise<void> {
    if (path.startsWith("/nowhere/")) throw new Error("found no folder");
    this.saved.set(path, text);
  }

  onSignal(listener: (name: SignalName) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  /** Sends a signal to whoever listens. */
  send(name: SignalName): void {
    for (const listener of this.listeners) listener(name);
  }

  /** What `run --json` wrote. */
  get json(): Summary {
    return JSON.parse(this.stdout);
  }
}

/** Something to read that has these chunks. */
export function inputOf(chunks: readonly Uint8Array[]): Input {
  const left = [...chunks];
  return {
    read: () => Promise.resolve(left.shift()),
    close: () => Promise.resolve(),
  };
}

/** Runs a command line in a world. */
export function run<State>(
  world: TestWorld,
  app: RustStream<State>,
  options: MainOptions = {},
): Promise<number> {
  return runMain(app as RustStream<unknown>, options, world);
}

/** An application that says nothing by itself. */
export function quietApp(title = "shop"): RustStream {
  const nothing = (): void => {};
  const logger = {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: nothing,
  };
  return new RustStream({ title, version: "0.1.0", logger });
}

/** A broker that has a server, as far as the command line knows: processes share it. */
export class SharedBroker extends MemoryBroker {
  override describe(): readonly ServerDescription[] {
    return [{ host: "shared", protocol: "test" }];
  }
}

/** Who listens beside the command. */
export async function listen(
  connection: Connection,
  address: string,
): Promise<() => Promise<Delivery>> {
  const subscription = await connection.subscribe(parseAddress(address));
  const reader = subscription.deliveries.getReader();
  return async () => {
    const { value } = await reader.read();
    assert.ok(value !== undefined);
    return value;
  };
}

/** What a process came to. */
export interface Ended {
  /** Its exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The fixture in a process of its own, on the runtime that runs this test. Disposing ends it. */
export class Fixture {
  readonly ended: Promise<Ended>;
  readonly #child;
  readonly #waits: { pattern: RegExp; resolve: () => void }[] = [];
  #stdout = "";
  #stderr = "";

  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    const file = fileURLToPath(
      new URL("_fixture_app_test.ts", import.meta.url),
    );
    const flags = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];
    this.#child = spawn(process.execPath, [...flags, file, ...args], {
      env: { ...process.env, RUSTSTREAM_FIXTURE: "1", NO_COLOR: "1", ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const { stdin, stdout, stderr } = this.#child;
    stdin.on("error", () => {});
    stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#look();
    });
    const { promise, resolve } = Promise.withResolvers<Ended>();
    this.#child.once("close", (code) => {
      resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
    });
    this.ended = promise;
  }

  /** Resolves when its standard error holds this; never, where it does not come: the runner's limit ends that. */
  said(pattern: RegExp): Promise<void> {
    return new Promise((resolve) => {
      this.#waits.push({ pattern, resolve });
      this.#look();
    });
  }

  /** Writes to its standard input. */
  write(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Reads nothing more of its standard output, as `head` does. */
  leave(): void {
    this.#child.stdout.destroy();
  }

  /** Ends its standard input. */
  close(): void {
    this.#child.stdin.end();
  }

  /** Sends a signal; by the process's id, for on Deno `child.kill()` also forgets the exit code that follows. */
  kill(name: SignalName | "SIGKILL"): void {
    const { pid } = this.#child;
    if (pid !== undefined && this.#child.exitCode === null) {
      process.kill(pid, name);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    this.close();
    await this.ended;
  }

  #look(): void {
    for (const { pattern, resolve } of this.#waits) {
      if (pattern.exec(this.#stderr) !== null) resolve();
    }
  }
}
