/**
 * Checks the members' manifests against each other, the workspace and the folders.
 *
 * @module
 */
import { posix } from "node:path";
import {
  exportsOf,
  type Files,
  manifest,
  members,
  runCheck,
  type Violation,
} from "./repository.ts";

type Manifest = Readonly<Record<string, unknown>>;

/** One member, with all that the rules ask about it. */
interface Found {
  readonly files: Files;
  readonly folder: string;
  /** Its `deno.json`. */
  readonly deno: Manifest;
  /** Its `package.json`. */
  readonly node: Manifest;
  readonly published: boolean;
}

/** A rule: each thing that is wrong with a member. */
type Rule = (found: Found) => readonly string[];

// The expression that semver.org suggests, without its groups' names.
const semver =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

/** These have no dependency at run time. */
const independent: ReadonlySet<string> = new Set([
  "core",
  "memory",
  "asyncapi",
  "conformance",
]);

/** What the registry must not get: it makes its own `package.json`, and tests use what it bans. */
const unpublished = [
  "package.json",
  "**/*_test.ts",
  "**/*_bench.ts",
  "**/*_check.ts",
];

function say(broken: boolean, message: string): readonly string[] {
  return broken ? [message] : [];
}

const rules: Readonly<Record<string, Rule>> = {
  "name": ({ folder, deno, node }) => [
    ...say(
      deno.name !== `@ruststream/${folder}`,
      `deno.json names it "${deno.name}", not "@ruststream/${folder}"`,
    ),
    ...say(
      deno.name !== node.name,
      `package.json names it "${node.name}", deno.json "${deno.name}"`,
    ),
  ],

  "exports": ({ deno, node }) => {
    const [one, other] = [exportsOf(deno), exportsOf(node)];
    return [...new Set([...one.keys(), ...other.keys()])]
      .filter((key) => one.get(key) !== other.get(key))
      .map((key) =>
        `"${key}" is ${one.get(key)} in deno.json and ${
          other.get(key)
        } in package.json`
      );
  },

  "exported-file": ({ files, folder, deno }) =>
    [...exportsOf(deno)]
      .filter(([, file]) => !files.has(posix.join(folder, file)))
      .map(([key, file]) => `"${key}" is ${file}, which is not there`),

  "version": ({ deno }) =>
    say(
      !semver.test(String(deno.version)),
      `the version "${deno.version}" is not a semantic version`,
    ),

  "license": ({ deno, published }) =>
    say(
      published && deno.license !== "Apache-2.0",
      `the license is "${deno.license}", not "Apache-2.0"`,
    ),

  "readme": ({ files, folder, published }) =>
    say(
      published && !files.has(`${folder}/README.md`),
      "it has no README.md, which is its page",
    ),

  "private": ({ node }) =>
    say(
      node.private !== true,
      'package.json is for the checkout only and says "private": true',
    ),

  "unpublished": ({ deno, published }) => {
    const { exclude = [] } = (deno.publish ?? {}) as { exclude?: string[] };
    return unpublished
      .filter((pattern) => published && !exclude.includes(pattern))
      .map((pattern) => `publish.exclude lacks "${pattern}"`);
  },

  "dependencies": ({ folder, node }) =>
    Object.keys(node.dependencies ?? {})
      .filter(() => independent.has(folder))
      .map((name) => `it depends on nothing at run time, found "${name}"`),
};

function strings(list: unknown): readonly string[] {
  return Array.isArray(list)
    ? list.map((folder) => String(folder).replace(/^\.\//, ""))
    : [];
}

/** What is wrong with the lists of members at the root. */
function checkWorkspaces(
  files: Files,
  folders: readonly string[],
): readonly Violation[] {
  const lists = { "deno.json": "workspace", "package.json": "workspaces" };
  return Object.entries(lists).flatMap(([path, key]) => {
    const listed = strings(manifest(files, path)[key]);
    const lacks = folders.filter((f) => !listed.includes(f));
    const extra = listed.filter((f) => !folders.includes(f));
    return [
      ...lacks.map((f) => `"${key}" lacks the folder "${f}"`),
      ...extra.map((f) => `"${key}" has "${f}", which is no member's folder`),
    ].map((message) => ({ path, line: 1, rule: "workspace", message }));
  });
}

/** Finds manifests that do not agree. */
export function checkMembers(files: Files): readonly Violation[] {
  const all = members(files);
  const found = all.flatMap(({ folder, published }) => {
    const path = `${folder}/deno.json`;
    const deno = manifest(files, path);
    const node = manifest(files, `${folder}/package.json`);
    return Object.entries(rules).flatMap(([rule, broken]) =>
      broken({ files, folder, deno, node, published })
        .map((message) => ({ path, line: 1, rule, message }))
    );
  });
  return [...found, ...checkWorkspaces(files, all.map((m) => m.folder))];
}

if (import.meta.main) runCheck("members", checkMembers);
