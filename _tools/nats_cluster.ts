/**
 * Starts a cluster of real `nats-server`s for tests: nodes that know each other, JetStream on each, and a look at who leads what.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { natsBroker } from "@ruststream/nats";
import {
  anyPort,
  type NatsGeneration,
  type NatsProxy,
  NatsServer,
} from "./nats_server.ts";

/** Options for {@linkcode NatsCluster.start}. */
export interface NatsClusterOptions {
  /**
   * Which server.
   *
   * @default {"newest"}
   */
  readonly generation?: NatsGeneration;
  /**
   * How many nodes.
   *
   * @default {3}
   */
  readonly size?: number;
}

/** Who leads a stream or a consumer, and who else keeps it. */
export interface Leadership {
  readonly leader: string;
  readonly replicas: readonly string[];
  /** Whether every replica is there and has all. */
  readonly healthy: boolean;
}

interface ClusterInfo {
  readonly leader?: string;
  readonly replicas?: readonly {
    readonly name: string;
    readonly current?: boolean;
    readonly offline?: boolean;
  }[];
}

interface Answer {
  readonly error?: { readonly description?: string };
  readonly cluster?: ClusterInfo;
  readonly state?: { readonly messages: number };
  readonly num_pending?: number;
  readonly num_ack_pending?: number;
}

const longestMs = 30_000;
const system = { user: "system", password: "system" };

/** What one node is told. A lame duck takes a second and not two minutes. */
function configOf(name: string, port: number, routes: readonly number[]) {
  return `server_name: ${name}
cluster {
  name: test
  listen: "127.0.0.1:${port}"
  routes: [${routes.map((port) => `"nats://127.0.0.1:${port}"`).join(", ")}]
}
accounts {
  $SYS { users: [{ user: system, password: system }] }
  APP { jetstream: enabled, users: [{ user: app, password: app }] }
}
no_auth_user: app
lame_duck_grace_period: "1s"
lame_duck_duration: "30s"
`;
}

/** Servers that are one. Disposing it is {@linkcode NatsCluster.stop}. */
export class NatsCluster implements AsyncDisposable {
  /** Its nodes, `n1` the first. */
  readonly nodes: readonly NatsServer[];
  readonly #proxies = new Map<NatsServer, NatsProxy>();

  private constructor(nodes: readonly NatsServer[]) {
    this.nodes = nodes;
  }

  /** Starts a cluster, and resolves once it has a leader that knows all nodes. */
  static async start(
    { generation = "newest", size = 3 }: NatsClusterOptions = {},
  ): Promise<NatsCluster> {
    const routes = Array.from({ length: size }, anyPort);
    const started = await Promise.allSettled(
      routes.map((port, i) =>
        NatsServer.start({
          generation,
          config: configOf(`n${i + 1}`, port, routes),
        })
      ),
    );
    const nodes = started.flatMap((one) =>
      one.status === "fulfilled" ? [one.value] : []
    );
    const cluster = new NatsCluster(nodes);
    try {
      for (const one of started) {
        if (one.status === "rejected") throw one.reason;
      }
      await cluster.ready();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** Where clients connect: all nodes. */
  get urls(): string[] {
    return this.nodes.map(({ url }) => url);
  }

  /** The executable's version. */
  get version(): string {
    return this.nodes[0]?.version ?? "";
  }

  /** The node of a name. */
  node(name: string): NatsServer {
    const found = this.nodes[Number(name.slice(1)) - 1];
    if (found !== undefined) return found;
    throw new TypeError(`Cannot find a node "${name}": it is not in there`);
  }

  /** A way to each node that can be cut. */
  async proxies(): Promise<readonly NatsProxy[]> {
    for (const node of this.nodes) {
      if (!this.#proxies.has(node)) {
        this.#proxies.set(node, await node.proxy());
      }
    }
    return [...this.#proxies.values()];
  }

  /** Asks JetStream's API, whichever node answers. Asks again while there is none, or it has no leader. */
  async api(verb: string, body: unknown = {}): Promise<Answer> {
    return await this.#ask(`$JS.API.${verb}`, body);
  }

  /** Who leads all of JetStream. */
  async leader(): Promise<string> {
    return await this.#until("a leader of the cluster", async () => {
      const { meta_cluster: meta } = await this.#jsz();
      return meta?.leader || undefined;
    });
  }

  /** Who leads a stream. */
  async streamLeader(stream: string): Promise<Leadership> {
    return await this.#leadership(`STREAM.INFO.${stream}`);
  }

  /** Who leads a consumer. */
  async consumerLeader(stream: string, name: string): Promise<Leadership> {
    return await this.#leadership(`CONSUMER.INFO.${stream}.${name}`);
  }

  /** Waits until each copy of a stream is there and has all. */
  async healed(stream: string): Promise<void> {
    await this.#until(`all copies of stream "${stream}"`, async () => {
      const { healthy } = await this.streamLeader(stream);
      return healthy ? true : undefined;
    });
  }

  /** Lets another node lead a stream. */
  async stepDown(stream: string): Promise<void> {
    await this.api(`STREAM.LEADER.STEPDOWN.${stream}`);
  }

  /** Lets another node lead a consumer. */
  async consumerStepDown(stream: string, name: string): Promise<void> {
    await this.api(`CONSUMER.LEADER.STEPDOWN.${stream}.${name}`);
  }

  /** Lets another node lead all of JetStream. */
  async metaStepDown(): Promise<void> {
    await this.#ask("$JS.API.META.LEADER.STEPDOWN", {}, true);
  }

  /** Waits until JetStream has a leader, and that knows as many nodes as run. */
  async ready(): Promise<void> {
    await this.#until("a leader that knows all nodes", async () => {
      const { meta_cluster: meta } = await this.#jsz();
      const { leader, cluster_size: size, replicas = [] } = meta ?? {};
      const there = replicas.filter(({ offline }) => offline !== true).length;
      const running = this.nodes.filter((node) => node.running).length;
      return leader && size === this.nodes.length && there + 1 >= running
        ? true
        : undefined;
    });
  }

  /** Ends all nodes, and removes what they kept. Twice is the same as once. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #leadership(verb: string): Promise<Leadership> {
    return await this.#until(`a leader for ${verb}`, async () => {
      const { cluster } = await this.api(verb);
      if (!cluster?.leader) return undefined;
      const { leader, replicas = [] } = cluster;
      return {
        leader,
        replicas: replicas.map(({ name }) => name),
        healthy: replicas.every(({ current, offline }) =>
          current === true && offline !== true
        ),
      };
    });
  }

  async #jsz(): Promise<
    {
      readonly meta_cluster?: ClusterInfo & { readonly cluster_size?: number };
    }
  > {
    // Only who leads knows the others.
    const body = { leader_only: true };
    const answer = await this.#ask("$SYS.REQ.SERVER.PING.JSZ", body, true);
    return (answer as { readonly data?: object }).data ?? {};
  }

  async #ask(subject: string, body: unknown, asSystem = false) {
    return await this.#until(`an answer to ${subject}`, async () => {
      await using connection = await natsBroker({
        servers: this.nodes.filter((node) => node.running)
          .map(({ url }) => url),
        ...(asSystem && { auth: system }),
      }).connect();
      const answer = await connection.nats.request(
        subject,
        JSON.stringify(body),
        { timeout: 1_000 },
      );
      return answer.json<Answer>();
    });
  }

  /** Looks again and again: what fails while nodes come and go is not told. */
  async #until<T>(
    what: string,
    look: () => Promise<T | undefined>,
  ): Promise<T> {
    const end = performance.now() + longestMs;
    for (;;) {
      let cause: unknown;
      const found = await look().catch((error) => void (cause = error));
      if (found !== undefined) return found;
      if (performance.now() > end) {
        throw new TypeError(`Cannot wait any longer: no ${what}`, { cause });
      }
      await sleep(50);
    }
  }
}
