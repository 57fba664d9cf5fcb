/**
 * The processes of `examples/scale_out` under chaos: workers that come and go, and a producer.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { launch, runs, until } from "./background.ts";

const longestMs = 40_000;
// That one names an executable, which is nothing to who connects.
const { NATS_SERVER: _, ...inherited } = process.env;

/** A program of the example that runs. */
export class Program {
  readonly #pid: number;
  readonly #output: string;

  constructor(
    file: string,
    args: readonly string[],
    output: string,
    env: Readonly<Record<string, string>>,
  ) {
    const path = fileURLToPath(
      new URL(`../examples/scale_out/${file}`, import.meta.url),
    );
    const flags = "deno" in process.versions ? ["run", "-A", "--no-check"] : [];
    this.#output = output;
    this.#pid = launch(process.execPath, [...flags, path, ...args], output, {
      ...inherited,
      ...env,
    });
  }

  /** Whether it runs. */
  get running(): boolean {
    return runs(this.#pid);
  }

  /** What it printed. */
  output(): string {
    return readFileSync(this.#output, "utf8");
  }

  /** Ends it, and resolves when it has gone. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    if (this.running) process.kill(this.#pid, signal);
    await until(
      () => this.running ? undefined : true,
      longestMs,
      () => `Cannot end a program: it still runs after ${signal}`,
    );
  }
}

/** Workers: as many as one likes. */
export class Workers {
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #running: Program[] = [];
  #started = 0;
  #fallen = 0;

  constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#env = env;
  }

  /** How many have ended by themselves: a start does not outlive a connection that is cut meanwhile. */
  get fallen(): number {
    return this.#fallen;
  }

  /** Starts one more. */
  add(): void {
    const output = join(this.#folder, `worker-${this.#started++}.log`);
    this.#running.push(new Program("app.ts", ["run"], output, this.#env));
  }

  /** Starts those again that have ended by themselves, as an orchestrator does. Returns what they said. */
  tend(): readonly string[] {
    const ended = this.#running.filter((one) => !one.running);
    for (const one of ended) {
      this.#running.splice(this.#running.indexOf(one), 1);
      this.#fallen++;
      this.add();
    }
    return ended.map((one) => one.output());
  }

  /** Ends one of them, and starts another. */
  async replace(signal: "SIGKILL" | "SIGTERM", random: number): Promise<void> {
    const index = Math.floor(random * this.#running.length);
    const [one] = this.#running.splice(index, 1);
    this.add();
    await one?.end(signal);
  }

  /** Ends all of them. */
  async stop(): Promise<void> {
    await Promise.all(this.#running.map((one) => one.end("SIGTERM")));
  }
}
