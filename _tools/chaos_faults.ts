/**
 * What goes wrong under chaos, when, and in which order: all of it follows from a seed.
 *
 * @module
 */
import { VirtualClock } from "@ruststream/core/testing";
import type { NatsCluster } from "./nats_cluster.ts";
import type { NatsProxy, NatsServer } from "./nats_server.ts";
import type { Workers } from "./chaos_workers.ts";

/** Something that goes wrong. */
export interface Fault {
  readonly name: string;
  run(): Promise<void>;
}

/** How often each thing goes wrong. */
export interface FaultCounts {
  /** Servers that are ended and started again, half of them without a word. */
  readonly restarts: number;
  /** Connections that are cut, all at once. */
  readonly cuts: number;
  /** Workers that are ended, half of them without a word, each with another in its place. */
  readonly workers: number;
}

/** What faults are done to. */
export interface Victims {
  readonly server: NatsServer | undefined;
  readonly cluster: NatsCluster | undefined;
  readonly proxies: readonly NatsProxy[];
  readonly workers: Workers;
}

const stream = "ORDERS";

/** Random numbers that follow from a seed. */
export function randomOf(seed: number): () => number {
  const clock = new VirtualClock({ seed });
  return () => clock.random();
}

function shuffle<T>(list: T[], random: () => number): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j] as T, list[i] as T];
  }
  return list;
}

function restart(server: NatsServer, signal: "SIGKILL" | "SIGTERM"): Fault {
  return {
    name: `server ${signal.slice(3)}`,
    run: () => server.restart(signal),
  };
}

// Another has to lead before the node is back: so that is what is survived. All copies are there before the next goes.
async function leaderGoes(
  cluster: NatsCluster,
  go: (node: NatsServer) => Promise<void>,
): Promise<void> {
  await cluster.healed(stream);
  const { leader } = await cluster.streamLeader(stream);
  const node = cluster.node(leader);
  await go(node);
  await cluster.streamLeader(stream);
  await node.restart();
}

function clusterFaults(cluster: NatsCluster, kills: number): Fault[] {
  const go = (name: string, run: (node: NatsServer) => Promise<void>) => ({
    name,
    run: () => leaderGoes(cluster, run),
  });
  return [
    ...Array.from(
      { length: kills },
      () => go("leader KILL", (node) => node.kill("SIGKILL")),
    ),
    go("leader TERM", (node) => node.kill("SIGTERM")),
    go("leader lame duck", (node) => node.lameDuck()),
    { name: "stream steps down", run: () => cluster.stepDown(stream) },
    {
      name: "consumer steps down",
      run: () => cluster.consumerStepDown(stream, "billing--orders_any-p0"),
    },
  ];
}

/** All that goes wrong in a run, in its order. */
export function faultsOf(
  { restarts, cuts, workers: ended }: FaultCounts,
  { server, cluster, proxies, workers }: Victims,
  random: () => number,
): Fault[] {
  const signalOf = (i: number) => i % 2 === 0 ? "SIGKILL" : "SIGTERM";
  const faults: Fault[] = [
    ...cluster === undefined || restarts === 0
      ? []
      : clusterFaults(cluster, restarts),
    ...server === undefined ? [] : Array.from(
      { length: restarts },
      (_, i) => restart(server, signalOf(i)),
    ),
    ...Array.from({ length: cuts }, () => ({
      name: "connections cut",
      run: async () => {
        await proxies[Math.floor(random() * proxies.length)]?.cut();
      },
    })),
    ...Array.from({ length: ended }, (_, i) => ({
      name: `worker ${signalOf(i).slice(3)}`,
      run: () => workers.replace(signalOf(i), random()),
    })),
  ];
  return shuffle(faults, random);
}
