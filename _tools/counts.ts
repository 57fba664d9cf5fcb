/**
 * Reads what a test runner counted, and judges the runs together.
 *
 * @module
 */
import type { Runtime } from "./runtimes.ts";

/** What a runner counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Tests of test files: all but those of the documentation, which only Deno runs. */
  readonly tests: number;
}

/** How one run ended. */
export interface Ran extends Counts {
  readonly runtime: Runtime;
  readonly seconds: number;
  /** The exit code; undefined where the run did not end in time. */
  readonly code: number | undefined;
}

/** The last number before or after a word: ` 12 pass`, `ℹ pass 12`. */
function last(output: string, expression: RegExp): number {
  return Number([...output.matchAll(expression)].at(-1)?.[1] ?? 0);
}

type Ended = Omit<Counts, "tests">;

const readers: Readonly<
  Record<Runtime["name"], (output: string) => Ended>
> = {
  Deno: (output) => ({
    passed: last(output, /^(?:ok|FAILED) \| (\d+) passed/gm),
    failed: last(output, /^(?:ok|FAILED) \| .*?(\d+) failed/gm),
    skipped: last(output, /^(?:ok|FAILED) \| .*?(\d+) ignored/gm),
  }),
  Node: (output) => ({
    passed: last(output, /^ℹ pass (\d+)$/gm),
    failed: last(output, /^ℹ fail (\d+)$/gm) +
      last(output, /^ℹ cancelled (\d+)$/gm),
    skipped: last(output, /^ℹ skipped (\d+)$/gm) +
      last(output, /^ℹ todo (\d+)$/gm),
  }),
  Bun: (output) => ({
    passed: last(output, /^ *(\d+) pass$/gm),
    failed: last(output, /^ *(\d+) fail$/gm),
    skipped: last(output, /^ *(\d+) skip$/gm) +
      last(output, /^ *(\d+) todo$/gm),
  }),
};

/** A runner may colour its lines. */
export function uncoloured(output: string): string {
  // deno-lint-ignore no-control-regex -- colours begin with one
  return output.replaceAll(/\x1b\[[0-9;]*m/g, "");
}

/** Reads the closing lines of a runner. */
export function readCounts(name: Runtime["name"], output: string): Counts {
  const plain = uncoloured(output);
  const ended = readers[name](plain);
  const tests = name === "Deno"
    // One line a test, where files run side by side.
    ? [
      ...plain.matchAll(
        /^\.\/\S*_test\.ts => [^\n]* \.\.\. (?:ok|FAILED|ignored)/gm,
      ),
    ]
      .length
    : ended.passed + ended.failed + ended.skipped;
  return { ...ended, tests };
}

function checkOne(ran: Ran): readonly string[] {
  const { name } = ran.runtime;
  if (ran.code === undefined) {
    return [
      `${name} did not end in time: a test hangs, or a handle is left open`,
    ];
  }
  if (ran.code !== 0) return [`${name} exited with ${ran.code}`];
  if (ran.failed > 0) return [`${name} failed ${ran.failed} tests`];
  return ran.tests === 0 ? [`${name} found no tests`] : [];
}

/** What is wrong with the runs: nothing, where the same tests passed everywhere. */
export function faults(runs: readonly Ran[]): readonly string[] {
  const counts = runs.map(({ runtime, tests }) => `${runtime.name} ${tests}`);
  const differ = new Set(runs.map(({ tests }) => tests)).size > 1;
  return [
    ...runs.flatMap(checkOne),
    ...(differ ? [`Not the same tests everywhere: ${counts.join(", ")}`] : []),
  ];
}

/** One line a run: name, version, passed, failed, skipped, seconds. */
export function table(runs: readonly Ran[]): string {
  return runs.map(({ runtime, passed, failed, skipped, seconds }) =>
    [
      `${runtime.name} ${runtime.version}`.padEnd(16),
      `${passed} passed`.padStart(12),
      `${failed} failed`.padStart(10),
      `${skipped} skipped`.padStart(11),
      `${seconds.toFixed(1)} s\n`.padStart(10),
    ].join("")
  ).join("");
}
