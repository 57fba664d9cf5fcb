/**
 * The repository as the tools see it: files by path, the members, and what breaks a rule.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The repository's text files by their path from its root, slashes forward. */
export type Files = ReadonlyMap<string, string>;

/** One broken rule. */
export interface Violation {
  /** The file, from the root of the repository. */
  readonly path: string;
  /** Where in it, from 1. */
  readonly line: number;
  /** The rule's name, in kebab case. */
  readonly rule: string;
  /** What was found. */
  readonly message: string;
}

/** A package of the workspace. */
export interface Member {
  /** Its folder, from the root of the repository. */
  readonly folder: string;
  /** Its name in `deno.json`. */
  readonly name: string;
  /** Its entry points by their export path: `"./contract"` → `"core/contract/mod.ts"`. */
  readonly entries: ReadonlyMap<string, string>;
  /** Whether it goes to the registry. */
  readonly published: boolean;
}

/** The root folder of this repository. */
export const root: string = fileURLToPath(new URL("..", import.meta.url));

const skipped: ReadonlySet<string> = new Set([
  ".git",
  "coverage",
  "node_modules",
]);

/** Reads the files that the tools look at: TypeScript, JSON and Markdown. */
export function readRepository(from: string = root): Files {
  const files = new Map<string, string>();
  const visit = (folder: string): void => {
    const entries = readdirSync(`${from}/${folder}`, { withFileTypes: true });
    for (const entry of entries) {
      const path = `${folder}${entry.name}`;
      if (entry.isDirectory() && !skipped.has(entry.name)) visit(`${path}/`);
      if (entry.isFile() && /\.(ts|json|md)$/.test(entry.name)) {
        files.set(path, readFileSync(`${from}/${path}`, "utf8"));
      }
    }
  };
  visit("");
  return new Map([...files].sort(([a], [b]) => a < b ? -1 : 1));
}

/** The manifest at a path, an empty one where there is none or it cannot be read. */
export function manifest(files: Files, path: string): Record<string, unknown> {
  try {
    return JSON.parse(files.get(path) ?? "{}");
  } catch {
    return {};
  }
}

/** The `exports` of a manifest, its short form written out: `"./mod.ts"` → `{ ".": "./mod.ts" }`. */
export function exportsOf(
  manifest: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, string> {
  const { exports = {} } = manifest;
  const full = typeof exports === "string" ? { ".": exports } : exports;
  return new Map(Object.entries(full as Record<string, string>));
}

/** The members of the workspace: each folder at the root that has a `deno.json`. */
export function members(files: Files): readonly Member[] {
  return [...files.keys()]
    .filter((path) => /^[^/]+\/deno\.json$/.test(path))
    .map((path) => {
      const folder = path.slice(0, path.indexOf("/"));
      const { name, publish, ...rest } = manifest(files, path);
      const entries = [...exportsOf(rest)].map(([key, file]) =>
        [key, `${folder}/${file.replace(/^\.\//, "")}`] as const
      );
      return {
        folder,
        name: String(name),
        entries: new Map(entries),
        published: publish !== false,
      };
    });
}

/** Whether a file is a test or a bench: neither is published. */
export function isTest(path: string): boolean {
  return /_(test|bench|check)\.ts$/.test(path);
}

/** Whether a file is library code: of a published member, and neither test nor bench. */
export function isLibrary(files: Files, path: string): boolean {
  return path.endsWith(".ts") && !isTest(path) &&
    members(files).some((m) => m.published && path.startsWith(`${m.folder}/`));
}

/** One line a violation, and how many there are. */
export function format(violations: readonly Violation[]): string {
  const lines = violations.map(({ path, line, rule, message }) =>
    `${path}:${line} ${rule}: ${message}\n`
  );
  const files = new Set(violations.map(({ path }) => path)).size;
  return violations.length === 0
    ? ""
    : `${lines.join("")}${violations.length} violations in ${files} files\n`;
}

/** Runs one check on this repository, prints what it found, and fails the process if it found anything. */
export function runCheck(
  name: string,
  check: (files: Files) => readonly Violation[],
): void {
  const violations = check(readRepository());
  process.stdout.write(format(violations) || `${name}: ok\n`);
  if (violations.length > 0) process.exitCode = 1;
}
