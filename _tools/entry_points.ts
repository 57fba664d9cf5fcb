/**
 * Prints every entry point of the published members, for tasks that need them: the list is never kept by hand.
 *
 * @module
 */
import process from "node:process";
import { type Files, members, readRepository } from "./repository.ts";

/** The files that the published members export, each once. */
export function entryPoints(files: Files): readonly string[] {
  const paths = members(files)
    .filter((member) => member.published)
    .flatMap((member) => [...member.entries.values()]);
  return [...new Set(paths)];
}

if (import.meta.main) {
  process.stdout.write(`${entryPoints(readRepository()).join("\n")}\n`);
}
