/**
 * The measurements of `bench_nats_cases.ts`: a server on the loopback, a process that feeds it, and one runtime after the other against the client by itself.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { type Goal, measureOn, printGoals } from "./bench_goals.ts";
import type { Spread, Standing } from "./bench_nats_kit.ts";
import { NatsServer } from "./nats_server.ts";
import { findRuntimes, type Runtime } from "./runtimes.ts";

type Report = Readonly<Record<string, readonly Standing[]>>;

function standing(report: Report, key: string, name: string): Standing {
  const found = report[key]?.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new TypeError(`Cannot show ${key}: there is no ${name}`);
}

const shown = ({ ratio, from, to }: Spread, more: string): string =>
  `${ratio.toFixed(2)} (${from.toFixed(2)} to ${to.toFixed(2)}; ${more})`;

type Bounds = Pick<Goal<Report>, "atMost" | "atLeast">;

function rate(
  text: string,
  key: string,
  name: string,
  bounds: Bounds = {},
): Goal<Report> {
  return {
    name: `${text}, messages a second`,
    read: (report) => standing(report, key, name).rate.ratio,
    show: (report) => {
      const { rate, perSecond } = standing(report, key, name);
      return shown(rate, `${perSecond.toFixed(0)}`);
    },
    ...bounds,
  };
}

function cpu(
  text: string,
  key: string,
  name: string,
  bounds: Bounds = {},
): Goal<Report> {
  return {
    name: `${text}, CPU time`,
    read: (report) => standing(report, key, name).cpu.ratio,
    show: (report) => {
      const { cpu, cpuMicros } = standing(report, key, name);
      return shown(cpu, `${cpuMicros.toFixed(2)} µs`);
    },
    ...bounds,
  };
}

const goals: readonly Goal<Report>[] = [128, 512].flatMap((size) => [
  cpu(`core ${size} B, by hand`, `core${size}`, "source"),
  rate(`core ${size} B, by hand`, `core${size}`, "source"),
  cpu(`core ${size} B, service`, `core${size}`, "service", { atMost: 1.3 }),
  rate(`core ${size} B, service`, `core${size}`, "service", { atLeast: 0.85 }),
  cpu(`JetStream ${size} B, by hand`, `streamed${size}`, "source"),
  rate(`JetStream ${size} B, by hand`, `streamed${size}`, "source"),
  cpu(`JetStream ${size} B, service`, `streamed${size}`, "service"),
  rate(`JetStream ${size} B, service`, `streamed${size}`, "service", {
    atLeast: 1.5,
  }),
  cpu(`100 requests ${size} B`, `requests${size}`, "ours"),
  rate(`100 requests ${size} B`, `requests${size}`, "ours", { atLeast: 1.6 }),
  rate(
    `100 requests ${size} B, client without stacks`,
    `requests${size}`,
    "without stacks",
  ),
  cpu(
    `awaited publishes ${size} B`,
    `publishing${size}`,
    "ours, each awaited",
    { atMost: 1.3 },
  ),
  rate(
    `awaited publishes ${size} B`,
    `publishing${size}`,
    "ours, each awaited",
    { atLeast: 0.77 },
  ),
]);

/** Measures on all three, and returns how many goals were missed. */
export async function benchNats(): Promise<number> {
  const server = await NatsServer.start();
  const feed = spawn(process.execPath, [
    "run",
    "--allow-all",
    "--no-check",
    fileURLToPath(new URL("bench_nats_feed.ts", import.meta.url)),
    String(server.port),
  ], { stdio: ["pipe", "inherit", "inherit"] });
  let missed = 0;
  try {
    process.stdout.write(
      `nats-server ${server.version}, against the client by itself\n`,
    );
    for (const runtime of Object.values(findRuntimes()) as Runtime[]) {
      const report = measureOn(runtime, "bench_nats_cases.ts", server.url);
      missed += printGoals(runtime, goals, report as Report);
    }
  } finally {
    feed.stdin.end();
    await server.stop();
  }
  return missed;
}
