/**
 * One run of chaos: servers, workers and a producer in processes of their own, faults while they work, and a count at the end.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { natsBroker } from "@ruststream/nats";
import { Account, type Count } from "./chaos_account.ts";
import {
  type Fault,
  type FaultCounts,
  faultsOf,
  randomOf,
} from "./chaos_faults.ts";
import { Program, Workers } from "./chaos_workers.ts";
import { NatsCluster } from "./nats_cluster.ts";
import { NatsServer } from "./nats_server.ts";

/** Options for {@linkcode runChaos}. */
export interface ChaosOptions {
  /** How many orders are placed. */
  readonly messages: number;
  /** How many shops place them, each in its order. */
  readonly shops: number;
  /** How long the server waits for a worker to settle an order, in milliseconds. */
  readonly ackWaitMs: number;
  /** How many orders are placed a second at the most; without it as many as can be. */
  readonly rate?: number;
  /** How many workers there are at once. */
  readonly workers: number;
  /** Whether there are three servers, and the stream has three copies. */
  readonly cluster: boolean;
  /** What goes wrong. */
  readonly faults: FaultCounts;
  /** What the order of faults follows from. */
  readonly seed: number;
  /** Told what happens. */
  readonly say: (line: string) => void;
}

/** How long it took until every shop had moved on after a fault. Where faults overlap, so do these. */
export interface Recovery {
  readonly name: string;
  readonly ms: number;
}

/** How a run ended. */
export interface ChaosResult extends Count {
  readonly seed: number;
  readonly server: string;
  readonly messages: number;
  /** Orders that the stream holds. */
  readonly stored: number;
  /** Orders that nobody handled. */
  readonly lost: number;
  readonly seconds: number;
  /** Workers that ended by themselves, and were started again. */
  readonly fallen: number;
  /** How many faults were to come. */
  readonly planned: number;
  /** Those that came before all was handled. */
  readonly recoveries: readonly Recovery[];
}

const longestSilenceMs = 90_000;

/** Where it all happens. */
class Arena implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "chaos-"));
  readonly #server: NatsServer | undefined;
  readonly #cluster: NatsCluster | undefined;

  private constructor(server?: NatsServer, cluster?: NatsCluster) {
    this.#server = server;
    this.#cluster = cluster;
  }

  static async open(clustered: boolean): Promise<Arena> {
    return clustered
      ? new Arena(undefined, await NatsCluster.start())
      : new Arena(await NatsServer.start());
  }

  get victims() {
    return { server: this.#server, cluster: this.#cluster };
  }

  get version(): string {
    return this.#server?.version ?? this.#cluster?.version ?? "";
  }

  async proxies() {
    return this.#cluster === undefined
      ? [await (this.#server as NatsServer).proxy()]
      : await this.#cluster.proxies();
  }

  /** How many orders are stored, and how many of them nobody has settled. */
  async look(): Promise<{ readonly stored: number; readonly open: number }> {
    const servers = this.#cluster?.urls ?? [this.#server?.url ?? ""];
    await using connection = await natsBroker({ servers }).connect();
    const ask = async (verb: string) => {
      const answer = await connection.nats.request(
        `$JS.API.${verb}`,
        undefined,
        { timeout: 5_000 },
      );
      return answer.json<StreamAnswer & ConsumersAnswer>();
    };
    const { state } = await ask("STREAM.INFO.ORDERS");
    const { consumers } = await ask("CONSUMER.LIST.ORDERS");
    let open = 0;
    for (const { num_pending, num_ack_pending } of consumers) {
      open += num_pending + num_ack_pending;
    }
    return { stored: state.messages, open };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.stop();
    await this.#cluster?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface StreamAnswer {
  readonly state: { readonly messages: number };
}

interface ConsumersAnswer {
  readonly consumers: readonly {
    readonly num_pending: number;
    readonly num_ack_pending: number;
  }[];
}

/** A fault that came, from when to when. */
interface Happened {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Lets each fault come when so much more was handled. */
async function rampage(
  account: Account,
  workers: Workers,
  faults: readonly Fault[],
  { messages, say }: ChaosOptions,
): Promise<readonly Happened[]> {
  const happened: Happened[] = [];
  // As many orders before each as after the last.
  const next = (handled: number): number =>
    handled + (messages - handled) / (faults.length - happened.length + 1);
  let due = next(0);
  let moved = Date.now();
  let before = -1;
  for (;;) {
    account.read();
    const { handled } = account.count;
    if (handled !== before) moved = Date.now();
    before = handled;
    if (handled >= messages) return happened;
    if (Date.now() - moved > longestSilenceMs) {
      say(`nothing was handled for ${longestSilenceMs / 1_000} s`);
      return happened;
    }
    for (const output of workers.tend()) {
      say(`a worker has ended by itself: ${output.slice(-300).trim()}`);
    }
    const fault = faults[happened.length];
    if (fault !== undefined && handled >= due) {
      say(`${handled} handled: ${fault.name}`);
      const from = Date.now();
      await fault.run();
      happened.push({ name: fault.name, from, to: Date.now() });
      account.read();
      due = next(account.count.handled);
    } else await sleep(20);
  }
}

/** Runs it, and counts. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { messages, shops, seed, cluster, say } = options;
  await using arena = await Arena.open(cluster);
  const proxies = await arena.proxies();
  const book = join(arena.folder, "book.txt");
  const account = new Account(book);
  const env = {
    NATS_URL: proxies.map(({ url }) => url).join(","),
    SCALE_OUT_DISCOVER: "off",
    SCALE_OUT_REPLICAS: cluster ? "3" : "1",
    SCALE_OUT_ACK_WAIT_MS: String(options.ackWaitMs),
    SCALE_OUT_BOOK: book,
  };
  const workers = new Workers(arena.folder, env);
  const random = randomOf(seed);
  const faults = faultsOf(
    options.faults,
    { ...arena.victims, proxies, workers },
    random,
  );
  const started = performance.now();
  for (let i = 0; i < options.workers; i++) workers.add();
  const producer = new Program(
    "produce.ts",
    [messages, shops, options.rate ?? Infinity].map(String),
    join(arena.folder, "producer.log"),
    env,
  );

  const happened = await rampage(account, workers, faults, options);
  const seconds = (performance.now() - started) / 1_000;
  const { stored } = await atRest(arena);
  if (producer.running || !producer.output().includes("are stored")) {
    say(`the producer did not end: ${producer.output().slice(-2_000)}`);
  }
  await producer.end("SIGTERM");
  await workers.stop();
  account.read();
  account.close();
  const { count } = account;
  return {
    ...count,
    seed,
    server: arena.version,
    messages,
    stored,
    lost: messages - count.handled,
    seconds,
    fallen: workers.fallen,
    planned: faults.length,
    recoveries: happened.map(({ name, from, to }) => ({
      name,
      ms: account.recovered(to) - from,
    })),
  };
}

/** Waits until nothing is in hand any more. */
async function atRest(arena: Arena): Promise<{ readonly stored: number }> {
  const end = Date.now() + 30_000;
  for (;;) {
    const found = await arena.look().catch(() => undefined);
    if (found !== undefined && (found.open === 0 || Date.now() > end)) {
      return found;
    }
    await sleep(100);
  }
}
