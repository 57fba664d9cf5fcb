/**
 * Checks who may import what: the arrows of the design, module by module.
 *
 * @module
 */
import { builtinModules } from "node:module";
import { posix } from "node:path";
import {
  type Files,
  isTest,
  manifest,
  type Member,
  members,
  runCheck,
  type Violation,
} from "./repository.ts";
import { parse, references } from "./source.ts";

const scope = "@ruststream/";

/** What library code of a member may import of ours, by bare name. A member that is not here: the contract only. */
const mayImport: Readonly<Record<string, RegExp>> = {
  core: /^$/,
  metrics: /^@ruststream\/core(\/|$)/,
  asyncapi: /^@ruststream\/core(\/|$)/,
};
const contractOnly = /^@ruststream\/core\/contract$/;

/** What tests and benches may import of ours, besides their own package. */
const mayTest = /^@ruststream\/(core|memory|conformance)(\/|$)/;

/** Where a `node:` module may be imported. Tests and benches may everywhere. */
const nodeHere = /^(core\/cli|nats|examples|_tools)\//;

/** One import, with all that the rules ask about it. */
interface Import {
  readonly files: Files;
  /** The importing file. */
  readonly path: string;
  /** The member it belongs to, if it does. */
  readonly member: Member | undefined;
  /** Whether it is library code. */
  readonly library: boolean;
  /** As it is written; undefined where it is not a literal. */
  readonly specifier: string | undefined;
  /** The file that is meant, for a relative import or an entry point of ours. */
  readonly target: string | undefined;
}

/** A rule: what is wrong with an import, or undefined. */
type Rule = (found: Import) => string | undefined;

function isRelative(specifier: string | undefined): specifier is string {
  return specifier?.startsWith(".") === true;
}

/** The package that a bare specifier names. */
function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function isForeign(specifier: string | undefined): specifier is string {
  return specifier !== undefined && /^[\w@]/.test(specifier) &&
    !specifier.includes(":") && !specifier.startsWith(scope) &&
    !builtinModules.includes(specifier);
}

/** The folder that an import must not leave: its member, `_tools`, or the root itself. */
function home(path: string, all: readonly string[]): string {
  const [top = ""] = path.split("/", 1);
  return all.includes(top) ? top : "";
}

const rules: Readonly<Record<string, Rule>> = {
  "contract-alone": ({ path, library, specifier, target }) =>
    library && path.startsWith("core/contract/") &&
      (specifier?.startsWith(scope) ||
        isRelative(specifier) && !target?.startsWith("core/contract/"))
      ? `the contract imports nothing of ours, found "${specifier}"`
      : undefined,

  "sibling": ({ path, library, member, specifier }) => {
    if (!library || path.startsWith("core/contract/")) return;
    if (!specifier?.startsWith(scope) || ownName(member, specifier)) return;
    const allowed = mayImport[member?.folder ?? ""] ?? contractOnly;
    return allowed.test(specifier)
      ? undefined
      : `${member?.folder} must not import "${specifier}"`;
  },

  "test-sibling": ({ path, member, specifier }) =>
    isTest(path) && member?.published && specifier?.startsWith(scope) &&
      !mayTest.test(specifier) && !ownName(member, specifier)
      ? `a test may import core, memory, conformance and its own package, found "${specifier}"`
      : undefined,

  "own-name": ({ library, member, specifier }) =>
    library && specifier !== undefined && ownName(member, specifier)
      ? `library code imports its own package by path, found "${specifier}"`
      : undefined,

  "own-mod": ({ path, library, member, specifier, target }) =>
    library && isRelative(specifier) && member !== undefined &&
      (target === `${member.folder}/mod.ts` ||
        target === `${posix.dirname(path)}/mod.ts`)
      ? `library code imports the file that declares it, found "${specifier}"`
      : undefined,

  "private-file": ({ path, specifier, target }) =>
    isRelative(specifier) && target !== undefined &&
      posix.basename(target).startsWith("_") &&
      posix.dirname(target) !== posix.dirname(path)
      ? `"${specifier}" is private to its folder`
      : undefined,

  "leaves-member": ({ files, path, specifier, target }) => {
    if (!isRelative(specifier) || target === undefined) return;
    // Tests are not published, and some need a server that a tool starts.
    if (isTest(path) && target.startsWith("_tools/")) return;
    const homes = [...members(files).map((m) => m.folder), "_tools"];
    return home(path, homes) === home(target, homes)
      ? undefined
      : `"${specifier}" leaves the member, so write its bare name`;
  },

  "node": ({ path, specifier }) =>
    specifier !== undefined && !isTest(path) && !nodeHere.test(path) &&
      (specifier.startsWith("node:") || builtinModules.includes(specifier))
      ? `no module of Node here, found "${specifier}"`
      : undefined,

  "remote": ({ specifier }) =>
    specifier !== undefined && /^(jsr|npm|https?):/.test(specifier)
      ? `write the bare name, found "${specifier}"`
      : undefined,

  "undeclared": ({ files, path, member, library, specifier }) => {
    if (!isForeign(specifier)) return;
    const lists = library ? ["dependencies", "peerDependencies"] : [
      "dependencies",
      "peerDependencies",
      "devDependencies",
    ];
    const at = member === undefined ? "" : `${member.folder}/`;
    const { [packageOf(specifier)]: declared } = Object.assign(
      {},
      ...lists.map((list) => manifest(files, `${at}package.json`)[list]),
    );
    return declared === undefined
      ? `${at}package.json has no "${packageOf(specifier)}" in ${
        lists.join(" or ")
      }, which ${path} imports`
      : undefined;
  },

  "opaque": ({ path, library, specifier }) =>
    library && specifier === undefined && !path.startsWith("core/cli/")
      ? "an import() in library code names its module in a literal"
      : undefined,
};

function ownName(member: Member | undefined, specifier: string): boolean {
  return member !== undefined &&
    (specifier === member.name || specifier.startsWith(`${member.name}/`));
}

/** The file that a specifier means; undefined where it is not ours. */
function resolve(
  all: readonly Member[],
  path: string,
  specifier: string | undefined,
): string | undefined {
  if (specifier === undefined) return undefined;
  if (specifier.startsWith(".")) {
    return posix.join(posix.dirname(path), specifier);
  }
  const member = all.find((m) => ownName(m, specifier));
  return member?.entries.get(`.${specifier.slice(member.name.length)}`);
}

/** The shortest way around from a file to itself, if there is one. */
function cycleThrough(
  start: string,
  graph: ReadonlyMap<string, readonly string[]>,
): readonly string[] | undefined {
  const from = new Map<string, string>();
  const queue = [start];
  for (const path of queue) {
    for (const next of graph.get(path) ?? []) {
      if (next === start) {
        const way = [start];
        for (let at = path; at !== start; at = from.get(at) ?? start) {
          way.splice(1, 0, at);
        }
        return [...way, start];
      }
      if (!from.has(next)) {
        from.set(next, path);
        queue.push(next);
      }
    }
  }
  return undefined;
}

/** Each cycle once, at its first file. */
function cycles(
  graph: ReadonlyMap<string, readonly string[]>,
): readonly Violation[] {
  const seen = new Set<string>();
  return [...graph.keys()].flatMap((start) => {
    const way = seen.has(start) ? undefined : cycleThrough(start, graph);
    if (way === undefined) return [];
    for (const path of way) seen.add(path);
    const message = way.join(" → ");
    return [{ path: start, line: 1, rule: "cycle", message }];
  });
}

/** Finds the imports that break a rule, and the cycles; types count as values do. */
export function checkImports(files: Files): readonly Violation[] {
  const all = members(files);
  const violations: Violation[] = [];
  const graph = new Map<string, readonly string[]>();
  for (const [path, text] of files) {
    if (!path.endsWith(".ts")) continue;
    const member = all.find((m) => path.startsWith(`${m.folder}/`));
    const library = member?.published === true && !isTest(path);
    const targets: string[] = [];
    for (const { specifier, line } of references(parse(path, text))) {
      const target = resolve(all, path, specifier);
      if (target !== undefined) targets.push(target);
      const found = { files, path, member, library, specifier, target };
      for (const [rule, broken] of Object.entries(rules)) {
        const message = broken(found);
        if (message !== undefined) {
          violations.push({ path, line, rule, message });
        }
      }
    }
    graph.set(path, targets);
  }
  return [...violations, ...cycles(graph)];
}

if (import.meta.main) runCheck("imports", checkImports);
