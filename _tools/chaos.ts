/**
 * Runs `examples/scale_out` while its servers are killed, its connections cut, and its workers killed and added; then counts.
 *
 * `deno task chaos [--messages N] [--rate N] [--seed N] [--runs N] [--cluster] [--short] [--write]`
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { isSound, reportText, resultsPage } from "./chaos_report.ts";
import { type ChaosOptions, type ChaosResult, runChaos } from "./chaos_run.ts";

/** A form of chaos: how much of what. */
export type Form = Omit<ChaosOptions, "seed" | "say">;

const single: Form = {
  messages: 100_000,
  shops: 200,
  ackWaitMs: 3_000,
  workers: 4,
  cluster: false,
  faults: { restarts: 10, cuts: 40, workers: 10 },
};

const clustered: Form = {
  messages: 40_000,
  shops: 200,
  ackWaitMs: 3_000,
  workers: 4,
  cluster: true,
  faults: { restarts: 3, cuts: 10, workers: 6 },
};

const quiet = { restarts: 0, cuts: 0, workers: 0 } as const;

/** What a test has time for. */
export const short: Form = {
  messages: 600,
  shops: 30,
  ackWaitMs: 500,
  // Not all at once: they would be handled before the last fault is due.
  rate: 200,
  workers: 2,
  cluster: false,
  faults: { restarts: 2, cuts: 2, workers: 1 },
};

function say(line: string): void {
  process.stdout.write(`  ${line}\n`);
}

async function tryOnce(form: Form, seed: number): Promise<ChaosResult> {
  process.stdout.write(
    `${
      form.cluster ? "cluster" : "server"
    }, ${form.messages} messages, seed ${seed}\n`,
  );
  const result = await runChaos({ ...form, seed, say });
  process.stdout.write(reportText(result));
  return result;
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      messages: { type: "string" },
      seed: { type: "string" },
      rate: { type: "string" },
      runs: { type: "string", default: "1" },
      cluster: { type: "boolean", default: false },
      short: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
    },
  });
  const chosen = values.short ? short : values.cluster ? clustered : single;
  const messages = Number(values.messages ?? chosen.messages);
  const form = {
    ...chosen,
    messages,
    ...values.rate !== undefined && { rate: Number(values.rate) },
  };
  const first = Number(values.seed ?? Date.now() % 1_000_000);
  const calm = await tryOnce(
    { ...form, messages: Math.ceil(messages / 10), faults: quiet },
    first,
  );
  const results: ChaosResult[] = [];
  for (let run = 0; run < Number(values.runs); run++) {
    results.push(await tryOnce(form, first + run));
  }
  if (values.write) {
    const name = form.cluster ? "chaos_cluster" : "chaos";
    const folder = new URL("../docs/results/", import.meta.url);
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      new URL(`${name}.md`, folder),
      resultsPage(form, calm, results),
    );
  }
  return [calm, ...results].every(isSound) ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
