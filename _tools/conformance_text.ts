/**
 * How brokers did, for a terminal of 80 columns.
 *
 * @module
 */
import { checks } from "@ruststream/conformance";
import {
  type BrokerResult,
  byFolder,
  byReason,
  type CheckData,
  totalsText,
} from "./conformance_result.ts";

const widest = 80;

type Style = "bold" | "dim" | "green" | "red";

const codes: Readonly<Record<Style, number>> = {
  bold: 1,
  dim: 2,
  green: 32,
  red: 31,
};

/** Dresses a text for a terminal, or leaves it as it is. */
type Paint = (style: Style, text: string) => string;

const cells: Readonly<
  Record<CheckData["status"], readonly [style: Style, text: string]>
> = {
  passed: ["green", "passed"],
  failed: ["red", "FAILED"],
  "not claimed": ["dim", "-"],
};

/** Brokers × checks, then why what is not claimed is not, what failed, and the totals. */
export function resultText(
  results: readonly BrokerResult[],
  colour: boolean,
): string {
  const paint: Paint = (style, text) =>
    colour ? `\x1b[${codes[style]}m${text}\x1b[0m` : text;
  return [
    matrix(results, paint),
    ...results.map((result) => reasons(result, paint)),
    ...results.map((result) => failures(result, paint)),
    totals(results, paint),
  ].filter((part) => part !== "").join("\n");
}

function matrix(results: readonly BrokerResult[], paint: Paint): string {
  const tried = results.filter(({ checks }) => checks.length > 0);
  const folders = byFolder(tried);
  if (folders.size === 0) return "";
  const heads = [...folders].flatMap(([folder, ids]) =>
    ids.map((id) => `  ${id.slice(folder.length + 1)}`)
  );
  const left = Math.max(...heads.map((head) => head.length));
  const widths = tried.map(({ name }) => Math.max(name.length, 6));
  const row = (head: string, right: readonly string[]): string =>
    `${head}${right.map((cell) => `  ${cell}`).join("")}`.trimEnd() + "\n";
  const status = tried.map(({ checks }) =>
    new Map(checks.map((check) => [check.id, check.status]))
  );
  const head = tried.map(({ name }, i) => name.padEnd(widths[i] ?? 0));
  const lines = [row("".padEnd(left), head)];
  for (const [folder, ids] of folders) {
    lines.push(`${paint("bold", folder)}\n`);
    for (const id of ids) {
      const right = status.map((of, i) => {
        const [style, text] = cells[of.get(id) ?? "not claimed"];
        return paint(style, text) + " ".repeat((widths[i] ?? 0) - text.length);
      });
      lines.push(row(`  ${id.slice(folder.length + 1)}`.padEnd(left), right));
    }
  }
  return lines.join("");
}

function reasons(result: BrokerResult, paint: Paint): string {
  const rows = [...byReason(result)].map(([reason, ids]) =>
    `  ${reason}\n${wrapped(ids.join(", "), "    ")}`
  );
  return rows.length === 0
    ? ""
    : `${paint("bold", `${result.name} does not claim`)}\n${rows.join("")}`;
}

function failures({ name, checks: all }: BrokerResult, paint: Paint): string {
  return all.map(({ id, rule, error }) => {
    if (error === undefined) return "";
    const promise = checks.find((check) => check.id === id)?.promise ?? "";
    const head = paint("red", `FAILED ${id}`);
    return `${head} on ${name} (rule ${rule})\n${
      wrapped(`Promised: ${promise}`, "  ")
    }${wrapped(`Found: ${error}`, "  ")}`;
  }).filter((text) => text !== "").join("\n");
}

function totals(results: readonly BrokerResult[], paint: Paint): string {
  return results.map((result) => {
    const good = result.error === undefined && result.totals.failed === 0;
    const text = result.error === undefined
      ? totalsText(result)
      : `cannot be tried: ${result.error}`;
    return `${paint(good ? "green" : "red", result.name)}: ${text}\n`;
  }).join("");
}

/** Broken between words, where a word fits on a line. */
function wrapped(text: string, indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (`${indent}${line} ${word}`.length > widest && line !== "") {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => `${indent}${each}\n`).join("");
}
