/**
 * Checks what may stand in a source file: its size, its globals, its state, its syntax and its error messages.
 *
 * @module
 */
import ts from "typescript";
import { errorMessages, messageFaults } from "./error_messages.ts";
import { globalUse } from "./globals.ts";
import {
  type Files,
  isLibrary,
  runCheck,
  type Violation,
} from "./repository.ts";
import { lineOf, parse, walk } from "./source.ts";

const longestFile = 400;
const longestFunction = 80;

/** The only library files that may touch what the rule `global` forbids. */
const mayTouchGlobals: ReadonlySet<string> = new Set([
  "core/contract/clock.ts",
  "core/contract/on_abort.ts",
]);

const anyWithReason =
  /deno-lint-ignore\s(.*\s)?no-explicit-any\s(.*\s)?--\s+\S/;

/** One node, with all that the rules ask about it. */
interface Found {
  /** The file it is in. */
  readonly path: string;
  /** Whether that is library code. */
  readonly library: boolean;
  /** The lines of the file. */
  readonly lines: readonly string[];
}

/** A rule: what is wrong with a node, or undefined. */
type Rule = (node: ts.Node, found: Found) => string | undefined;

function has(node: ts.Node, ...kinds: readonly ts.SyntaxKind[]): boolean {
  return ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some(({ kind }) => kinds.includes(kind)) === true;
}

/** Lines from the first to the last of a node, its documentation not counted. */
function height(node: ts.Node): number {
  const file = node.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(node.getEnd());
  return line + 2 - lineOf(node);
}

/** Whether a namespace holds anything but types. */
function holdsValues(node: ts.ModuleDeclaration): boolean {
  const { body } = node;
  if (body !== undefined && ts.isModuleDeclaration(body)) {
    return holdsValues(body);
  }
  return body !== undefined && ts.isModuleBlock(body) &&
    body.statements.some((s) =>
      !ts.isInterfaceDeclaration(s) && !ts.isTypeAliasDeclaration(s)
    );
}

function isNewError(node: ts.Expression): boolean {
  return (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
    node.expression.getText() === "Error";
}

const rules: Readonly<Record<string, Rule>> = {
  "function-length": (node) =>
    ts.isFunctionLike(node) && height(node) > longestFunction
      ? `${height(node)} lines, at most ${longestFunction}`
      : undefined,

  "global": (node, { path, library }) => {
    const name = library && !mayTouchGlobals.has(path)
      ? globalUse(node)
      : undefined;
    return name && `take ${name} from the clock, or use onAbort()`;
  },

  "using": (node, { library }) =>
    library && ts.isVariableDeclarationList(node) && isUsing(node)
      ? "library code runs on Node 22, which has no using"
      : undefined,

  "module-state": (node, { library }) =>
    library && ts.isVariableStatement(node) && ts.isSourceFile(node.parent) &&
      /^(let|var)\b/.test(node.declarationList.getText())
      ? "no let or var at the top of library code"
      : undefined,

  "default-export": (node, { path }) =>
    !path.startsWith("examples/") &&
      (ts.isExportAssignment(node) || has(node, ts.SyntaxKind.DefaultKeyword) ||
        ts.isExportSpecifier(node) && node.name.text === "default")
      ? "name what is exported"
      : undefined,

  "erasable": (node) => notErasable(node),

  "plain-error": (node, { library }) =>
    library && ts.isThrowStatement(node) && isNewError(node.expression)
      ? "throw a TypeError, a RangeError or a MessagingError"
      : undefined,

  "any": (node, { lines }) =>
    node.kind === ts.SyntaxKind.AnyKeyword &&
      !anyWithReason.test(lines[lineOf(node) - 2] ?? "")
      ? 'write a type, or "// deno-lint-ignore no-explicit-any -- reason" above'
      : undefined,

  "error-message": (node, { library }) => {
    const faults = library ? errorMessages(node).flatMap(messageFaults) : [];
    return faults.length > 0 ? faults.join("; ") : undefined;
  },
};

function isUsing(list: ts.VariableDeclarationList): boolean {
  return /^(await\s+)?using\b/.test(list.getText());
}

/** What of TypeScript is left after types are stripped. */
function notErasable(node: ts.Node): string | undefined {
  const { SyntaxKind: Kind } = ts;
  if (ts.isEnumDeclaration(node)) return "no enum";
  if (ts.isDecorator(node)) return "no decorator";
  if (
    ts.isModuleDeclaration(node) && !has(node, Kind.DeclareKeyword) &&
    !ts.isModuleBlock(node.parent) && holdsValues(node)
  ) return "no namespace with values";
  if (
    ts.isParameter(node) && has(
      node,
      Kind.PublicKeyword,
      Kind.ProtectedKeyword,
      Kind.PrivateKeyword,
      Kind.ReadonlyKeyword,
      Kind.OverrideKeyword,
    )
  ) return "no parameter property";
  return undefined;
}

function checkFile(
  path: string,
  text: string,
  library: boolean,
): readonly Violation[] {
  const lines = text.split("\n");
  const violations: Violation[] = [];
  const length = lines.length - (lines.at(-1) === "" ? 1 : 0);
  if (length > longestFile) {
    const message = `${length} lines, at most ${longestFile}`;
    violations.push({ path, line: length, rule: "file-length", message });
  }
  walk(parse(path, text), (node) => {
    for (const [rule, broken] of Object.entries(rules)) {
      const message = broken(node, { path, library, lines });
      if (message !== undefined) {
        violations.push({ path, line: lineOf(node), rule, message });
      }
    }
  });
  return violations;
}

/** Finds what must not stand in a source file. */
export function checkSource(files: Files): readonly Violation[] {
  return [...files]
    .filter(([path]) => path.endsWith(".ts"))
    .flatMap(([path, text]) => checkFile(path, text, isLibrary(files, path)));
}

if (import.meta.main) runCheck("source", checkSource);
