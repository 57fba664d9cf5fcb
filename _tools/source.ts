/**
 * What the tools share of reading TypeScript.
 *
 * @module
 */
import ts from "typescript";

/** A module that a file names, and where. */
export interface Reference {
  /** As it is written; undefined where it is not a literal. */
  readonly specifier: string | undefined;
  /** From 1. */
  readonly line: number;
}

/** Parses a file, with the parents of its nodes. */
export function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}

/** The line of a node, from 1. */
export function lineOf(node: ts.Node): number {
  const file = node.getSourceFile();
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}

/** Calls back for a node and all beneath it. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** The expression that names a module, where a node has one. */
function moduleOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return node.moduleSpecifier;
  }
  if (ts.isExternalModuleReference(node)) return node.expression;
  if (ts.isImportTypeNode(node)) {
    return ts.isLiteralTypeNode(node.argument)
      ? node.argument.literal
      : node.argument;
  }
  if (
    ts.isCallExpression(node) &&
    node.expression.kind === ts.SyntaxKind.ImportKeyword
  ) return node.arguments[0];
  return undefined;
}

/** Each module that a file names: imports, re-exports, dynamic imports, import types and reference comments. */
export function references(file: ts.SourceFile): readonly Reference[] {
  const found: Reference[] = [];
  for (const kind of ["referencedFiles", "typeReferenceDirectives"] as const) {
    for (const { fileName, pos } of file[kind]) {
      const { line } = file.getLineAndCharacterOfPosition(pos);
      found.push({ specifier: fileName, line: line + 1 });
    }
  }
  walk(file, (node) => {
    const name = moduleOf(node);
    if (name === undefined) return;
    const specifier = ts.isStringLiteralLike(name) ? name.text : undefined;
    found.push({ specifier, line: lineOf(name) });
  });
  return found;
}
