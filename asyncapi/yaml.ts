import type { Json } from "./json.ts";
import { isObject } from "./json.ts";

/** Letters, digits and harmless marks: nothing that could begin or end something in YAML. */
const plain = /^[A-Za-z_/](?:[A-Za-z0-9_./ ,()-]*[A-Za-z0-9_./)-])?$/;

/** Words that some reader of YAML takes for something else than a string. */
const reserved = /^(?:true|false|yes|no|on|off|y|n|null|nan|inf)$/i;

// deno-lint-ignore no-control-regex -- what a block of lines cannot hold
const unprintable = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]/;
const invisible = /[\x7f-\x9f\u2028\u2029\ufeff]/g;

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    invisible,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function inline(text: string): string {
  return plain.test(text) && !reserved.test(text) ? text : quoted(text);
}

/** Whether a text can be shown line by line. */
function isBlock(text: string): boolean {
  if (!text.includes("\n") || text !== text.toWellFormed()) return false;
  if (unprintable.test(text) || /^[ \t\n]|\n\n$/.test(text)) return false;
  return !text.split("\n").some((line) => line !== "" && line.trim() === "");
}

function numberText(value: number): string {
  const text = JSON.stringify(value);
  // Older readers take a number with an exponent and no point for a string.
  return text.includes(".") ? text : text.replace("e", ".0e");
}

function scalar(value: null | boolean | number | string): string {
  if (typeof value === "string") return inline(value);
  return typeof value === "number" ? numberText(value) : String(value);
}

/** Writes what follows `key:` or `-`, with what goes before it on the same line. */
function write(
  lines: string[],
  start: string,
  indent: string,
  value: Json,
): void {
  if (typeof value === "string" && isBlock(value)) {
    const ends = value.endsWith("\n");
    lines.push(`${start} ${ends ? "|" : "|-"}`);
    for (const line of (ends ? value.slice(0, -1) : value).split("\n")) {
      lines.push(line === "" ? "" : `${indent}${line}`);
    }
  } else if (Array.isArray(value)) {
    if (value.length === 0) return void lines.push(`${start} []`);
    lines.push(start);
    writeList(lines, indent, value);
  } else if (isObject(value)) {
    if (Object.keys(value).length === 0) return void lines.push(`${start} {}`);
    lines.push(start);
    writeMembers(lines, indent, value);
  } else lines.push(`${start} ${scalar(value as null)}`);
}

function writeMembers(
  lines: string[],
  indent: string,
  members: Readonly<Record<string, Json>>,
): void {
  for (const [name, value] of Object.entries(members)) {
    write(lines, `${indent}${inline(name)}:`, `${indent}  `, value);
  }
}

function writeList(
  lines: string[],
  indent: string,
  list: readonly Json[],
): void {
  for (const value of list) {
    const isFilled = isObject(value) && Object.keys(value).length > 0;
    if (!isFilled) {
      write(lines, `${indent}-`, `${indent}  `, value);
      continue;
    }
    const first = lines.length;
    writeMembers(lines, `${indent}  `, value);
    // The first member stands beside the dash.
    lines[first] = `${indent}- ${lines[first]?.trimStart()}`;
  }
}

/**
 * Writes JSON data as YAML 1.2, in a form that readers of YAML 1.1 take for the same. Equal data in equal order gives equal text.
 *
 * @example What looks like a number stays a string
 * ```ts
 * import assert from "node:assert/strict";
 * import { toYaml } from "@ruststream/asyncapi";
 *
 * assert.equal(
 *   toYaml({ asyncapi: "3.1.0", tags: [{ name: "on" }] }),
 *   'asyncapi: "3.1.0"\ntags:\n  - name: "on"\n',
 * );
 * ```
 */
export function toYaml(value: Json): string {
  const lines: string[] = [];
  if (Array.isArray(value) && value.length > 0) writeList(lines, "", value);
  else if (isObject(value) && Object.keys(value).length > 0) {
    writeMembers(lines, "", value);
  } else {
    write(lines, "", "  ", value);
    lines[0] = lines[0]?.trimStart() ?? "";
  }
  return `${lines.join("\n")}\n`;
}
