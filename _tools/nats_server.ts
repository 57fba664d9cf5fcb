/**
 * Starts a real `nats-server` for tests: on a free loopback port, with a store of its own, to be killed and restarted.
 *
 * The server is no child of the test's process, so a test that restarts it leaves nothing open; a shell beside it ends it
 * when that process has gone.
 *
 * @module
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { launch, runs, until } from "./background.ts";
import { findNatsServer, type NatsGeneration } from "./nats_binary.ts";
import { NatsProxy } from "./nats_proxy.ts";

export type { NatsGeneration } from "./nats_binary.ts";
export { NatsProxy } from "./nats_proxy.ts";

/** Options for {@linkcode NatsServer.start}. */
export interface NatsServerOptions {
  /**
   * Which server.
   *
   * @default {"newest"}
   */
  readonly generation?: NatsGeneration;
  /** More of its configuration: accounts, TLS, limits. By default none. */
  readonly config?: string;
  /**
   * Whether JetStream is on, its store in the server's own folder.
   *
   * @default {true}
   */
  readonly jetStream?: boolean;
}

const longestStartMs = 15_000;

/** A port of this machine, below those that systems give to outgoing connections: one of them could take it while its server is away. */
export function anyPort(): number {
  const [random = 0] = crypto.getRandomValues(new Uint16Array(1));
  return 15_000 + random % 17_000;
}

/** A server, and all that was started with it. Disposing it is {@linkcode NatsServer.stop}. */
export class NatsServer implements AsyncDisposable {
  /** The executable's version. */
  readonly version: string;
  /** What is only this server's: configuration, store, logs. Tests may put files into it. */
  readonly folder: string;
  readonly #path: string;
  readonly #options: NatsServerOptions;
  readonly #proxies = new Set<NatsProxy>();
  readonly #onExit = (): void => this.#clean();
  #port = -1;
  #pid = 0;
  #starts = 0;

  private constructor(options: NatsServerOptions) {
    const { path, version } = findNatsServer(options.generation);
    this.version = version;
    this.folder = mkdtempSync(join(tmpdir(), "nats-server-"));
    this.#path = path;
    this.#options = options;
    process.once("exit", this.#onExit);
  }

  /** Starts a server, and resolves once it answers. */
  static async start(options: NatsServerOptions = {}): Promise<NatsServer> {
    const server = new NatsServer(options);
    try {
      await server.#start();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** The port for clients, the same after each restart. */
  get port(): number {
    return this.#port;
  }

  /** Where clients connect. */
  get url(): string {
    return `nats://127.0.0.1:${this.#port}`;
  }

  /** Its version as numbers: `[2, 10, 27]`. */
  get release(): readonly number[] {
    return this.version.split(".").map(Number);
  }

  /** Whether its process runs. */
  get running(): boolean {
    return this.#pid !== 0 && runs(this.#pid);
  }

  /** What the server wrote to its log since it was last started. */
  log(): string {
    const path = this.#logPath();
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  /** Tells the server to let its clients go, one after another, and to end: a lame duck. Resolves when it has gone. */
  async lameDuck(): Promise<void> {
    await this.kill("SIGUSR2");
  }

  /** Sends a signal, and resolves once the process has gone; with SIGHUP it does not go: it reads its configuration again. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (!this.running) return;
    process.kill(this.#pid, signal);
    if (signal === "SIGHUP" || signal === "SIGSTOP" || signal === "SIGCONT") {
      return;
    }
    await until(
      () => this.running ? undefined : true,
      longestStartMs,
      () => `Cannot stop nats-server: it still runs after ${signal}`,
    );
  }

  /** Ends the process and starts it again on the same port and store; with another configuration, if there is one. */
  async restart(
    signal: NodeJS.Signals = "SIGKILL",
    config: string | undefined = this.#options.config,
  ): Promise<void> {
    await this.kill(signal);
    await this.#start(config);
  }

  /** Writes another configuration, and lets the server read it. */
  async reload(config: string): Promise<void> {
    this.#write(config);
    const before = this.log().length;
    await this.kill("SIGHUP");
    await until(
      () => /Reloaded|Failed to reload/.exec(this.log().slice(before))?.[0],
      longestStartMs,
      () => "Cannot reload nats-server: its log does not say so",
    );
  }

  /** Opens a way to the server that can be cut. It ends with the server at the latest. */
  async proxy(): Promise<NatsProxy> {
    const proxy = await NatsProxy.open(this.#port, this.folder);
    this.#proxies.add(proxy);
    return proxy;
  }

  /** Ends the process, and removes its folder. Twice is the same as once. */
  async stop(): Promise<void> {
    for (const proxy of this.#proxies) await proxy.stop();
    await this.kill();
    process.off("exit", this.#onExit);
    this.#clean();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #logPath(): string {
    return join(this.folder, `server-${this.#starts}.log`);
  }

  #write(config: string | undefined): string {
    const path = join(this.folder, "server.conf");
    const store = join(this.folder, "store");
    mkdirSync(store, { recursive: true });
    const lines = [
      `listen: "127.0.0.1:${this.#port}"`,
      this.#options.jetStream === false
        ? ""
        : `jetstream: { store_dir: ${JSON.stringify(store)} }`,
      config ?? "",
    ];
    writeFileSync(path, `${lines.join("\n")}\n`);
    return path;
  }

  // A port that somebody else took is told by the server: another one is tried, or after the first start the same again.
  async #start(config = this.#options.config): Promise<void> {
    const fixed = this.#port > 0;
    for (let left = 20; !await this.#startOnce(config); left--) {
      if (left === 0) throw new TypeError(this.#failure());
      if (fixed) await sleep(250);
      else this.#port = -1;
    }
  }

  /** False where the port is taken. */
  async #startOnce(config: string | undefined): Promise<boolean> {
    this.#starts++;
    if (this.#port < 0) this.#port = anyPort();
    const path = this.#write(config);
    this.#pid = launch(this.#path, ["-c", path], this.#logPath());
    return await until(
      () => {
        const log = this.log();
        if (log.includes("Server is ready")) return true;
        if (this.running) return undefined;
        if (this.log().includes("address already in use")) return false;
        throw new TypeError(this.#failure());
      },
      longestStartMs,
      () => this.#failure(),
    );
  }

  #failure(): string {
    return `Cannot start nats-server ${this.version}: ${
      /\[FTL\].*|nats-server: .*/.exec(this.log())?.[0] ?? "no answer"
    }`;
  }

  #clean(): void {
    if (this.running) process.kill(this.#pid, "SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
