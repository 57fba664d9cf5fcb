/**
 * The table of the README, made of the results that are kept in `docs/results/`.
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { TriedBroker } from "./conformance_brokers.ts";
import {
  type BrokerResult,
  byFolder,
  byReason,
  totalsText,
} from "./conformance_result.ts";

const begin = "<!-- conformance -->\n";
const end = "\n<!-- end of conformance -->";
const kept = "docs/results";

/** A result as it is kept. */
export function resultFile(result: BrokerResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}

/** Where the result of a broker is kept, from the root. */
export function resultPath(name: string): string {
  return `${kept}/${name}.json`;
}

/** Brokers × folders of checks, and below it what is not claimed and why. */
export function table(
  brokers: readonly TriedBroker[],
  results: readonly BrokerResult[],
): string {
  const folders = byFolder(results);
  const heads = results.map(({ name }) => {
    const folder = brokers.find((broker) => broker.name === name)?.folder;
    return folder === undefined ? name : `[${name}](${folder}/)`;
  });
  const rows = [...folders].map(([folder, ids]) => [
    `\`${folder}\``,
    ...results.map((result) => cell(result, ids)),
  ]);
  const all = ["all", ...results.map((result) => cell(result, undefined))];
  const lines = [["checks of", ...heads], heads.concat("").map(() => "---")];
  return [
    "<!-- deno-fmt-ignore-start -->",
    ...[...lines, ...rows, all].map((row) => `| ${row.join(" | ")} |`),
    "",
    // Folded: reasons are for who asks for them, and there are many.
    "<details><summary>What each does not claim, and why</summary>",
    "",
    ...results.map(notClaimed),
    "",
    "</details>",
    "<!-- deno-fmt-ignore-end -->",
  ].join("\n");
}

/** `5 of 7`: passed of all there are; `5 of 7, 1 failed`. */
function cell(
  { checks }: BrokerResult,
  ids: readonly string[] | undefined,
): string {
  const those = checks.filter(({ id }) => ids?.includes(id) ?? true);
  const count = (wanted: string): number =>
    those.filter(({ status }) => status === wanted).length;
  const failed = count("failed");
  return `${count("passed")} of ${those.length}${
    failed === 0 ? "" : `, **${failed} failed**`
  }`;
}

function notClaimed(result: BrokerResult): string {
  const reasons = [...byReason(result)].map(([reason, { length }]) =>
    length === 1 ? reason : `${reason} (${length})`
  );
  const why = reasons.length === 0 ? "" : `: ${reasons.join("; ")}`;
  return `- **${result.name}**: ${totalsText(result)}${why}.`;
}

/** Puts a table between the markers of a text. */
export function withTable(text: string, table: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) {
    throw new TypeError(
      `Cannot write the table: expected the lines "${begin.trim()}" and "${end.trim()}"`,
    );
  }
  return `${text.slice(0, from)}${begin}${table}${text.slice(to)}`;
}

/** Reads what is kept, in the order of the brokers; those that were never kept are left out. */
export function readKept(
  root: string,
  brokers: readonly TriedBroker[],
): readonly BrokerResult[] {
  return brokers.flatMap(({ name }) => {
    try {
      return [JSON.parse(readFileSync(`${root}/${resultPath(name)}`, "utf8"))];
    } catch {
      return [];
    }
  });
}

/** Keeps results, and writes the README's table anew of all that is kept. */
export function writeKept(
  root: string,
  brokers: readonly TriedBroker[],
  results: readonly BrokerResult[],
): void {
  mkdirSync(`${root}/${kept}`, { recursive: true });
  for (const result of results) {
    writeFileSync(`${root}/${resultPath(result.name)}`, resultFile(result));
  }
  const readme = `${root}/README.md`;
  const made = table(brokers, readKept(root, brokers));
  writeFileSync(readme, withTable(readFileSync(readme, "utf8"), made));
}
