/**
 * A way to a NATS server that can be cut and stalled. Run as a program it is that way: a process of its own, so that a
 * test which cuts it leaves no socket open.
 *
 * @module
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { launch, runs, until } from "./background.ts";

/** What a proxy is told, one line a command; each is answered by a line that says how many connections it touched. */
type Command = "cut" | "stall" | "flow" | "refuse" | "accept" | "count";

interface Ports {
  readonly client: number;
  readonly control: number;
}

const longestMs = 10_000;

/** A way to a server that can be cut. */
export class NatsProxy {
  readonly #pid: number;
  readonly #ports: Ports;

  private constructor(pid: number, ports: Ports) {
    this.#pid = pid;
    this.#ports = ports;
  }

  /** Opens a way to a port of this machine; it keeps its own notes in a folder. */
  static async open(port: number, folder: string): Promise<NatsProxy> {
    const file = join(folder, `proxy-${crypto.randomUUID()}.json`);
    const self = fileURLToPath(import.meta.url);
    const run = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];
    const pid = launch(process.execPath, [...run, self, String(port), file]);
    const ports = await until(
      () => existsSync(file) ? readFileSync(file, "utf8") : undefined,
      longestMs,
      () => "Cannot open a proxy: it does not answer",
    );
    return new NatsProxy(pid, JSON.parse(ports) as Ports);
  }

  /** Where clients connect. */
  get url(): string {
    return `nats://127.0.0.1:${this.#ports.client}`;
  }

  /** The port for clients. */
  get port(): number {
    return this.#ports.client;
  }

  /** Ends all connections, or the one of a client id (INFO tells it), at once and without a goodbye. Returns how many. */
  cut(clientId?: number): Promise<number> {
    return this.#tell("cut", clientId);
  }

  /** Lets no byte through either way, and keeps the connections. */
  stall(): Promise<number> {
    return this.#tell("stall");
  }

  /** Lets bytes through again. */
  flow(): Promise<number> {
    return this.#tell("flow");
  }

  /** Ends each new connection at once; those that are there stay. */
  refuse(): Promise<number> {
    return this.#tell("refuse");
  }

  /** Takes new connections again. */
  accept(): Promise<number> {
    return this.#tell("accept");
  }

  /** How many connections there are. */
  count(): Promise<number> {
    return this.#tell("count");
  }

  /** Ends it, its connections too. Twice is the same as once. */
  // deno-lint-ignore require-await -- nobody should rely on its being at once
  async stop(): Promise<void> {
    if (runs(this.#pid)) process.kill(this.#pid, "SIGKILL");
  }

  async #tell(command: Command, clientId?: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const socket = connect(this.#ports.control, "127.0.0.1");
    let answer = "";
    socket.setEncoding("utf8")
      .on("data", (text) => answer += text)
      .on("error", reject)
      .on("close", () => resolve(Number(answer)));
    socket.write(`${command} ${clientId ?? ""}\n`);
    return await promise;
  }
}

/** A client's connection and the server's. */
interface Pair {
  readonly sockets: readonly [Socket, Socket];
  clientId?: number;
}

function end({ sockets }: Pair): void {
  for (const socket of sockets) socket.resetAndDestroy();
}

/** The connections of a proxy, and what is done to them. */
class Pairs {
  readonly #pairs = new Set<Pair>();
  #stalled = false;
  #refusing = false;

  add(client: Socket, port: number): void {
    if (this.#refusing) return void client.destroy();
    const server = connect(port, "127.0.0.1");
    const pair: Pair = { sockets: [client, server] };
    this.#pairs.add(pair);
    server.once("data", (bytes: Uint8Array) => {
      const id = /"client_id":(\d+)/.exec(new TextDecoder().decode(bytes))?.[1];
      if (id !== undefined) pair.clientId = Number(id);
    });
    for (const [from, to] of [[client, server], [server, client]] as const) {
      from.setNoDelay(true);
      from.on("data", (bytes: Uint8Array) => {
        if (!to.write(bytes)) from.pause();
      });
      to.on("drain", () => this.#stalled || from.resume());
      from.on("end", () => to.end());
      from.on("error", () => end(pair));
      from.on("close", () => {
        this.#pairs.delete(pair);
        to.destroy();
      });
      if (this.#stalled) from.pause();
    }
  }

  /** Does what a line says, and returns how many connections it touched. */
  obey(command: Command, clientId: number | undefined): number {
    const meant = [...this.#pairs].filter((pair) =>
      clientId === undefined || pair.clientId === clientId
    );
    if (command === "cut") meant.forEach(end);
    if (command === "refuse" || command === "accept") {
      this.#refusing = command === "refuse";
    }
    if (command === "stall" || command === "flow") {
      this.#stalled = command === "stall";
      for (const { sockets } of meant) {
        for (const socket of sockets) {
          if (this.#stalled) socket.pause();
          else socket.resume();
        }
      }
    }
    return meant.length;
  }
}

async function listen(take: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer(take);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function main(port: number, file: string): Promise<void> {
  const pairs = new Pairs();
  const client = await listen((socket) => pairs.add(socket, port));
  const control = await listen((socket) => {
    socket.setEncoding("utf8").on("error", () => {});
    socket.once("data", (line: string) => {
      const [command, id] = line.trim().split(" ");
      socket.end(
        String(pairs.obey(command as Command, id ? Number(id) : undefined)),
      );
    });
  });
  // Whole at once: whoever waits for it reads it as soon as it is there.
  writeFileSync(`${file}.new`, JSON.stringify({ client, control }));
  renameSync(`${file}.new`, file);
}

if (import.meta.main) {
  const [port, file] = process.argv.slice(2);
  await main(Number(port), String(file));
}
