/**
 * Takes what failed out of a runner's output, so that it can be told once more at the end: a log is often kept by its last lines only.
 *
 * @module
 */
import { uncoloured } from "./counts.ts";
import type { Runtime } from "./runtimes.ts";

/** The most lines that are told of one failure, and of one run; and the most of one line. */
const mostLines = { failure: 40, run: 150 };
const longestLine = 200;

function between(output: string, from: string, to: string): string {
  const start = output.lastIndexOf(from);
  if (start === -1) return "";
  const end = output.indexOf(to, start);
  return output.slice(start + from.length, end === -1 ? undefined : end);
}

/** Bun tells a failure above the line that names its test. */
function blocksOfBun(output: string): string {
  const found: string[] = [];
  let file = "";
  let block: string[] = [];
  for (const line of output.split("\n")) {
    if (/^\S+_test\.ts:$/.test(line)) [file, block] = [line, []];
    else if (/^\((?:pass|skip|todo)\) /.test(line)) block = [];
    else if (line.startsWith("(fail) ")) {
      found.push(file, ...block.slice(-mostLines.failure), line, "");
      block = [];
    } else block.push(line);
  }
  return found.join("\n");
}

/** Two of them tell the errors at the very end. What did not come to it has named the tests at least. */
function orNamed(told: string, output: string, isFailed: RegExp): string {
  if (told !== "") return told;
  return output.split("\n").filter((line) => isFailed.test(line)).join("\n");
}

const readers: Readonly<Record<Runtime["name"], (output: string) => string>> = {
  Deno: (output) =>
    orNamed(
      between(output, "\n ERRORS \n", "\n FAILURES \n"),
      output,
      / \.\.\. FAILED \(/,
    ),
  Node: (output) =>
    orNamed(between(output, "\n✖ failing tests:\n", "\0"), output, /^✖ /),
  Bun: blocksOfBun,
};

/** What failed, each with its name and its error; empty where nothing did. */
export function failures(name: Runtime["name"], output: string): string {
  const lines = readers[name](uncoloured(output)).trim().split("\n");
  return [
    ...lines.slice(0, mostLines.run).map((line) => line.slice(0, longestLine)),
    ...(lines.length > mostLines.run ? ["(more above)"] : []),
  ].join("\n");
}
