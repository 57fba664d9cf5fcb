/**
 * Finds what an entry point exports, through its re-exports.
 *
 * @module
 */
import { posix } from "node:path";
import ts from "typescript";
import type { Files, Member } from "./repository.ts";
import { parse } from "./source.ts";

/** One declaration of an exported symbol; an overloaded function has several. */
export interface Exported {
  /** The name it is exported under. */
  readonly name: string;
  /** The file that declares it. */
  readonly path: string;
  /** What declares it. */
  readonly node: ts.Statement;
}

/** The names that a statement declares. */
function declared(node: ts.Statement): readonly string[] {
  if (ts.isVariableStatement(node)) {
    return node.declarationList.declarations.map((d) => d.name.getText());
  }
  const { name } = node as { readonly name?: ts.Node };
  return name === undefined ? [] : [name.getText()];
}

function isExported(node: ts.Statement): boolean {
  return ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some((m) =>
        m.kind === ts.SyntaxKind.ExportKeyword
      ) === true;
}

/** Reads the exports of files, each file once. */
export class Exports {
  readonly #files: Files;
  readonly #members: readonly Member[];
  readonly #parsed: Map<string, ts.SourceFile> = new Map();

  /** Reads nothing yet. */
  constructor(files: Files, members: readonly Member[]) {
    this.#files = files;
    this.#members = members;
  }

  /** What a file exports. */
  of(path: string, seen: ReadonlySet<string> = new Set()): readonly Exported[] {
    if (seen.has(path) || !this.#files.has(path)) return [];
    const inside = new Set([...seen, path]);
    return this.#parse(path).statements.flatMap((node) =>
      ts.isExportDeclaration(node)
        ? this.#passedOn(path, node, inside)
        : isExported(node)
        ? declared(node).map((name) => ({ name, path, node }))
        : []
    );
  }

  #parse(path: string): ts.SourceFile {
    const known = this.#parsed.get(path);
    if (known !== undefined) return known;
    const file = parse(path, this.#files.get(path) ?? "");
    this.#parsed.set(path, file);
    return file;
  }

  /** `export * from "…"`, `export { a as b } from "…"` and `export { a }`. */
  #passedOn(
    path: string,
    node: ts.ExportDeclaration,
    seen: ReadonlySet<string>,
  ): readonly Exported[] {
    const { moduleSpecifier: module, exportClause: clause } = node;
    const all = module === undefined
      ? this.#inside(path)
      : this.of(this.#resolve(path, module), seen);
    if (clause === undefined) return all;
    if (!ts.isNamedExports(clause)) return [];
    return clause.elements.flatMap(({ propertyName, name }) =>
      all
        .filter((found) => found.name === (propertyName ?? name).getText())
        .map((found) => ({ ...found, name: name.getText() }))
    );
  }

  /** All that a file declares, exported or not. */
  #inside(path: string): readonly Exported[] {
    return this.#parse(path).statements.flatMap((node) =>
      declared(node).map((name) => ({ name, path, node }))
    );
  }

  #resolve(path: string, module: ts.Expression): string {
    const specifier = ts.isStringLiteralLike(module) ? module.text : "";
    if (specifier.startsWith(".")) {
      return posix.join(posix.dirname(path), specifier);
    }
    for (const { name, entries } of this.#members) {
      const entry = entries.get(`.${specifier.slice(name.length)}`);
      if (specifier.startsWith(name) && entry !== undefined) return entry;
    }
    return specifier;
  }
}
