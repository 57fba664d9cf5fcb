/**
 * Tries brokers on the conformance suite, and prints brokers × checks: `deno task conformance [BROKER...]`.
 *
 * @module
 */
import { nearest } from "@ruststream/core/cli";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  type Everywhere,
  everywhere,
  isGood,
  keepRow,
  narrowed,
  rowText,
  tryEverywhere,
} from "./conformance_all.ts";
import { type TriedBroker, triedBrokers } from "./conformance_brokers.ts";
import { type BrokerResult, resultOf } from "./conformance_result.ts";
import { writeKept } from "./conformance_table.ts";
import { resultText } from "./conformance_text.ts";
import type { NatsGeneration } from "./nats_binary.ts";
import { root } from "./repository.ts";
import { findBun, findNode } from "./runtimes.ts";

/** What a run reads and writes; tests have their own. */
export interface World {
  readonly brokers: readonly TriedBroker[];
  /** Where `docs/results/` and `README.md` are. */
  readonly root: string;
  /** Whether what is written may be coloured. */
  readonly colour: boolean;
  /** What `--all` goes through. */
  readonly everywhere: Everywhere;
  /** Writes to standard output. */
  out(text: string): void;
  /** Writes to standard error. */
  err(text: string): void;
  /** Shows which check runs, in the place of the one before; an empty text takes it away. */
  show(text: string): void;
}

const finders = { node: findNode, bun: findBun };
const flags = ["--all", "--help", "--json", "--runtime", "--server", "--write"];

function help(brokers: readonly TriedBroker[]): string {
  return `Try brokers on the conformance suite

Usage: deno task conformance [BROKER...] [OPTIONS]

Brokers: ${brokers.map(({ name }) => name).join(", ")}; without one, all

Options:
  --json           Write what was found as one JSON object
  --write          Keep it in docs/results/, and write the README's table
  --runtime NAME   Run on node or bun
  --server NAME    On this server, where a broker has several: ${
    generationsOf(brokers).join(", ")
  }
  --all            On each runtime and each of a broker's servers, or those that
                   are named, and with a broker those in its folder; --write keeps
                   the table in docs/results/all.md
  --help           Show this help

It exits with 1 where a check failed, and with 2 where it was called wrongly.
`;
}

/** Runs the command, and resolves with its exit code. */
export async function main(
  args: readonly string[],
  world: World,
): Promise<number> {
  const { values, tokens, positionals } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: {
      help: { type: "boolean", short: "h" },
      json: { type: "boolean" },
      write: { type: "boolean" },
      runtime: { type: "string" },
      server: { type: "string" },
      all: { type: "boolean" },
    },
  });
  if (values["help"]) {
    world.out(help(world.brokers));
    return 0;
  }
  const names = world.brokers.map(({ name }) => name);
  const wrong = tokens.flatMap((token) =>
    token.kind === "option" ? unknown("take", token.rawName, flags) : []
  ).concat(positionals.flatMap((word) => unknown("try", word, names)));
  const { runtime, server } = values;
  if (runtime !== undefined) {
    wrong.push(...unknown("run on", String(runtime), Object.keys(finders)));
  }
  if (server !== undefined) {
    wrong.push(
      ...unknown("try on", String(server), generationsOf(world.brokers)),
    );
  }
  if (values["all"] && values["json"]) {
    wrong.push('Cannot take "--json": "--all" is there too');
  }
  if (wrong.length > 0) {
    world.err(`${wrong[0]}\n`);
    return 2;
  }
  if (values["all"]) {
    const write = values["write"] === true;
    return onAll(positionals, { runtime, server }, write, world);
  }
  if (typeof runtime === "string") return runOn(runtime, args);
  const chosen = world.brokers.filter(({ name }) =>
    positionals.length === 0 || positionals.includes(name)
  );
  const results = await tryAll(chosen, world, server as NatsGeneration);
  world.out(
    values["json"]
      ? `${JSON.stringify({ brokers: results }, null, 2)}\n`
      : resultText(results, world.colour),
  );
  if (values["write"]) {
    writeKept(
      world.root,
      world.brokers,
      results.filter(({ error }) => error === undefined),
    );
  }
  const good = results.every(({ error, totals }) =>
    error === undefined && totals.failed === 0
  );
  return good ? 0 : 1;
}

function generationsOf(brokers: readonly TriedBroker[]): readonly string[] {
  return [...new Set(brokers.flatMap(({ servers = [] }) => servers))];
}

/** Each row is said, and kept, as soon as it is there: all of them take a quarter of an hour. */
function onAll(
  names: readonly string[],
  only: { readonly runtime?: unknown; readonly server?: unknown },
  write: boolean,
  world: World,
): number {
  const { brokers, everywhere, root } = world;
  const named = brokers.filter(({ name }) =>
    names.length === 0 || names.includes(name)
  );
  const chosen = brokers.filter(({ folder }) =>
    named.some((one) => `${folder}/`.startsWith(`${one.folder}/`))
  );
  let code = 0;
  tryEverywhere(chosen, narrowed(everywhere, only), (row) => {
    world.out(rowText(row));
    if (write) keepRow(root, row);
    if (!isGood(row)) code = 1;
  });
  return code;
}

function unknown(
  what: string,
  word: string,
  known: readonly string[],
): readonly string[] {
  if (known.includes(word) || word === "-h") return [];
  const near = nearest(word, known);
  return [
    `Cannot ${what} "${word}": there ${
      known.length === 1 ? "is" : "are"
    } only ${known.join(", ")}${
      near === undefined ? "" : `; the nearest is "${near}"`
    }`,
  ];
}

async function tryAll(
  brokers: readonly TriedBroker[],
  world: World,
  generation: NatsGeneration | undefined,
): Promise<readonly BrokerResult[]> {
  const results: BrokerResult[] = [];
  for (const broker of brokers) {
    let count = 0;
    results.push(
      await resultOf(broker, (check) => ({
        ...check,
        run(bench) {
          world.show(`${broker.name}: check ${++count}, ${check.id}`);
          return check.run(bench);
        },
      }), generation),
    );
  }
  world.show("");
  return results;
}

/** The same on another runtime. */
function runOn(runtime: string, args: readonly string[]): number {
  const { path } = finders[runtime as keyof typeof finders]();
  const at = args.findIndex((arg) => arg.startsWith("--runtime"));
  const rest = args.toSpliced(at, args[at] === "--runtime" ? 2 : 1);
  const file = fileURLToPath(import.meta.url);
  return spawnSync(path, [file, ...rest], { stdio: "inherit" }).status ?? 1;
}

/** This process. */
function thisWorld(): World {
  const { stdout, stderr, env } = process;
  return {
    brokers: triedBrokers,
    root,
    everywhere,
    colour: stdout.isTTY === true && !env["NO_COLOR"],
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    show: (text) => {
      if (stderr.isTTY === true) stderr.write(`\r\x1b[2K${text.slice(0, 79)}`);
    },
  };
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.slice(2), thisWorld());
}
