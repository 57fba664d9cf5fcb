/**
 * Brokers on each runtime and each of their servers: `deno task conformance --all`. What was seen is kept in `docs/results/`.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { TriedBroker } from "./conformance_brokers.ts";
import { type BrokerResult, byReason } from "./conformance_result.ts";
import { findNatsServer, type NatsGeneration } from "./nats_binary.ts";
import { findRuntimes, type Runtime } from "./runtimes.ts";

/** How a broker did on one runtime and one server. */
export interface Row {
  readonly broker: string;
  /** The server's version; empty where there is none. */
  readonly server: string;
  readonly runtime: Runtime["name"];
  readonly runtimeVersion: string;
  readonly totals: BrokerResult["totals"];
  /** Why nothing could be tried, where that is so. */
  readonly error?: string;
  /** The checks that failed, and what was found. */
  readonly failed: Readonly<Record<string, string>>;
  /** Why checks are not claimed, and how many. */
  readonly notClaimed: Readonly<Record<string, number>>;
}

/** What `--all` goes through; tests have their own. */
export interface Everywhere {
  runtimes(): readonly Runtime[];
  /** Whether a server is one of those. */
  has?(generation: NatsGeneration): boolean;
  /** The version of a server. */
  versionOf(generation: NatsGeneration): string;
  /** Tries a broker in a process of its own. */
  tryOn(
    runtime: Runtime,
    broker: string,
    generation: NatsGeneration | undefined,
  ): BrokerResult;
}

/** The runtimes and servers of this machine. */
export const everywhere: Everywhere = {
  runtimes: () => Object.values(findRuntimes()),
  versionOf: (generation) => findNatsServer(generation).version,
  tryOn(runtime, broker, generation) {
    const file = fileURLToPath(new URL("conformance.ts", import.meta.url));
    const flags = runtime.name === "Deno" ? ["run", "-A", "--no-check"] : [];
    const server = generation === undefined ? [] : ["--server", generation];
    const { stdout } = spawnSync(
      runtime.path,
      [...flags, file, broker, "--json", ...server],
      {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
        maxBuffer: 1 << 26,
      },
    );
    try {
      return JSON.parse(stdout).brokers[0];
    } catch {
      throw new TypeError(
        `Cannot try "${broker}" on ${runtime.name}: it ended without a result`,
      );
    }
  },
};

/** Only one runtime, or one server, where it is named. */
export function narrowed(
  all: Everywhere,
  { runtime, server }: {
    readonly runtime?: unknown;
    readonly server?: unknown;
  },
): Everywhere {
  return {
    ...all,
    runtimes: () =>
      all.runtimes().filter(({ name }) =>
        runtime === undefined || name.toLowerCase() === runtime
      ),
    has: (generation) => server === undefined || generation === server,
  };
}

/** Tries each broker everywhere, one after the other, and tells each row as it comes. */
export function tryEverywhere(
  brokers: readonly TriedBroker[],
  { runtimes, has = () => true, versionOf, tryOn }: Everywhere,
  tell: (row: Row) => void,
): void {
  for (const { name, servers = [undefined] } of brokers) {
    for (const generation of servers) {
      if (generation !== undefined && !has(generation)) continue;
      const server = generation === undefined ? "" : versionOf(generation);
      for (const runtime of runtimes()) {
        tell(rowOf(server, runtime, tryOn(runtime, name, generation)));
      }
    }
  }
}

function rowOf(server: string, runtime: Runtime, result: BrokerResult): Row {
  const failed = result.checks.filter(({ status }) => status === "failed");
  return {
    broker: result.name,
    server,
    runtime: runtime.name,
    runtimeVersion: runtime.version,
    totals: result.totals,
    ...(result.error !== undefined && { error: result.error }),
    failed: Object.fromEntries(
      failed.map(({ id, error = "" }) => [id, error]),
    ),
    notClaimed: Object.fromEntries(
      [...byReason(result)].map(([reason, { length }]) => [reason, length]),
    ),
  };
}

/** Whether all that is claimed passed. */
export function isGood({ error, totals: { failed } }: Row): boolean {
  return error === undefined && failed === 0;
}

/** A row on one line, and a line for each check that failed. */
export function rowText(row: Row): string {
  const { broker, server, runtime, runtimeVersion, failed } = row;
  const on = server === "" ? "" : ` on ${server}`;
  return [
    `${broker}${on}, ${runtime} ${runtimeVersion}: ${cell(row)}`,
    ...Object.entries(failed).map(([id, error]) => `  FAILED ${id}: ${error}`),
  ].map((line) => `${line}\n`).join("");
}

function cell({ error, totals: { checks, passed, failed } }: Row): string {
  if (error !== undefined) return `cannot be tried: ${error}`;
  return `${passed} of ${checks}${failed === 0 ? "" : `, ${failed} failed`}`;
}

const kept = "docs/results/all";

/** The rows that are kept; none where there are none. */
export function readRows(root: string): readonly Row[] {
  try {
    return JSON.parse(readFileSync(`${root}/${kept}.json`, "utf8")).rows;
  } catch {
    return [];
  }
}

/** A server's generation: a later patch of it takes the place of an earlier one. */
function generationOf(server: string): string {
  return server.split(".", 2).join(".");
}

/** Keeps a row in the place of the one before it of this broker, server and runtime, and writes the table anew. */
export function keepRow(root: string, row: Row): void {
  const same = (other: Row): boolean =>
    other.broker === row.broker && other.runtime === row.runtime &&
    generationOf(other.server) === generationOf(row.server);
  const before = readRows(root);
  const rows = before.some(same)
    ? before.map((other) => same(other) ? row : other)
    : [...before, row];
  mkdirSync(`${root}/docs/results`, { recursive: true });
  writeFileSync(
    `${root}/${kept}.json`,
    `${JSON.stringify({ rows }, null, 2)}\n`,
  );
  writeFileSync(`${root}/${kept}.md`, rowsTable(rows));
}

/** Brokers and servers × runtimes, and below it what a server lacks that a later one has. */
export function rowsTable(rows: readonly Row[]): string {
  const runtimes = [...new Set(rows.map(({ runtime }) => runtime))];
  const places = Map.groupBy(
    rows,
    ({ broker, server }) => `${broker} | ${server === "" ? "–" : server}`,
  );
  const lines = [...places].map(([place, those]) =>
    `| ${place} | ${
      runtimes.map((runtime) => {
        const row = those.find((one) => one.runtime === runtime);
        return row === undefined
          ? "not tried"
          : `${cell(row)} (${row.runtimeVersion})`;
      }).join(" | ")
    } |\n`
  );
  const head = ["broker", "server", ...runtimes];
  const lacks = [...Map.groupBy(rows, ({ broker }) => broker)].flatMap(
    ([broker, those]) => lacking(broker, those),
  );
  return `# Brokers on each runtime and server

\`deno task conformance --all --write\` tries them again; a name of a broker tries
that one. Each cell says how many checks passed, of those there were, and on
which version; what neither passed nor failed was not claimed.

<!-- deno-fmt-ignore-start -->
| ${head.join(" | ")} |
| ${head.map(() => "---").join(" | ")} |
${lines.join("")}
${lacks.map((line) => `- ${line}\n`).join("")}<!-- deno-fmt-ignore-end -->
`;
}

/** Reasons that hold on a server, and not on the last one. */
function lacking(broker: string, rows: readonly Row[]): readonly string[] {
  const last = rows.at(-1)?.notClaimed ?? {};
  const servers = new Map(rows.map((row) => [row.server, row]));
  return [...servers].flatMap(([server, { notClaimed }]) => {
    const more = Object.entries(notClaimed)
      .filter(([reason, count]) => count > (last[reason] ?? 0))
      .map(([reason, count]) => `${reason} (${count - (last[reason] ?? 0)})`);
    return more.length === 0
      ? []
      : `**${broker}** on ${server} does not claim besides: ${
        more.join("; ")
      }.`;
  });
}
