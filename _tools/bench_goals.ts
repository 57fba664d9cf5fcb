/**
 * What all benchmarks share: a file of measurements run on a runtime, and its report printed beside the goals.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import process from "node:process";
import type { Runtime } from "./runtimes.ts";

/** What is measured, how it reads, and the goal; without one it is for information. */
export interface Goal<R> {
  readonly name: string;
  read(report: R): number;
  show(report: R): string;
  readonly atMost?: number | Readonly<Record<Runtime["name"], number>>;
  readonly atLeast?: number;
}

// The noise of a small machine.
const slack = 1.15;

const flags: Readonly<Record<Runtime["name"], readonly string[]>> = {
  Deno: [
    "run",
    "--allow-all",
    "--no-check",
    "--v8-flags=--expose-gc,--max-semi-space-size=64",
  ],
  Node: ["--expose-gc", "--max-semi-space-size=64"],
  Bun: [],
};

/** Runs a file beside this one, and gives the JSON that it prints last. */
export function measureOn(
  { name, path }: Runtime,
  file: string,
  ...args: readonly string[]
): unknown {
  const cases = fileURLToPath(new URL(file, import.meta.url));
  const { status, stdout, stderr } = spawnSync(
    path,
    [...flags[name], cases, ...args],
    { encoding: "utf8", timeout: 600_000 },
  );
  if (status !== 0) {
    throw new TypeError(`Cannot measure on ${name}: ${stderr}`);
  }
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

/** The most that a goal allows on a runtime. */
function most<R>({ atMost = Infinity }: Goal<R>, { name }: Runtime): number {
  return typeof atMost === "number" ? atMost : atMost[name];
}

function misses<R>(goal: Goal<R>, report: R, runtime: Runtime): boolean {
  const value = goal.read(report);
  return value > most(goal, runtime) * slack ||
    value < (goal.atLeast ?? -Infinity) / slack;
}

function verdict<R>(goal: Goal<R>, report: R, runtime: Runtime): string {
  const value = goal.read(report);
  if (goal.atMost === undefined && goal.atLeast === undefined) return "";
  if (misses(goal, report, runtime)) return "MISSED";
  return value > most(goal, runtime) || value < (goal.atLeast ?? -Infinity)
    ? "within the noise"
    : "kept";
}

function bound<R>(goal: Goal<R>, runtime: Runtime): string {
  const { atMost, atLeast } = goal;
  if (atMost !== undefined) return `at most ${most(goal, runtime)}`;
  return atLeast === undefined ? "for information" : `at least ${atLeast}`;
}

/** Prints what a runtime reached, and returns how many goals it missed by more than the slack. */
export function printGoals<R>(
  runtime: Runtime,
  goals: readonly Goal<R>[],
  report: R,
): number {
  process.stdout.write(`${runtime.name} ${runtime.version}\n`);
  for (const goal of goals) {
    process.stdout.write(
      `  ${goal.name.padEnd(52)} ${goal.show(report).padEnd(36)} ${
        bound(goal, runtime).padEnd(16)
      } ${verdict(goal, report, runtime)}\n`,
    );
  }
  return goals.filter((goal) => misses(goal, report, runtime)).length;
}
