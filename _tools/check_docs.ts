/**
 * Checks what the documentation says, where `deno doc --lint` only checks that there is some.
 *
 * @module
 */
import ts from "typescript";
import { entryPoints } from "./entry_points.ts";
import { type Exported, Exports } from "./exported.ts";
import { type Files, members, runCheck, type Violation } from "./repository.ts";
import { lineOf } from "./source.ts";

/** Words of a sentence that say nothing by themselves. */
const smallWords: ReadonlySet<string> = new Set(
  "a an and are be for from in is it its of on or our that the this to which with"
    .split(" "),
);

/** An optional setting says by one of these what happens without it. */
const saysDefault = /@default \{|\b(Without|By default|default|Absent)\b/;

/** The text of a node's documentation, without its stars. Empty where there is none. */
function docOf(node: ts.Node): string {
  const file = node.getSourceFile();
  const range = ts.getLeadingCommentRanges(file.text, node.getFullStart())
    ?.filter(({ pos }) => file.text.startsWith("/**", pos))
    .at(-1);
  if (range === undefined) return "";
  return file.text
    .slice(range.pos + 3, range.end - 2)
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n")
    .trim();
}

/** The first paragraph, up to an empty line or a tag, on one line. */
function summaryOf(doc: string): string {
  const [summary = ""] = doc.split(/\n\s*\n|(?:^|\n)@/, 1);
  return summary.replaceAll(/\s+/g, " ").trim();
}

/** Words in lower case, names taken apart and plurals made one: `retryOptions` → `retry`, `option`. */
function words(text: string): readonly string[] {
  return (text.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? [])
    .map((word) => word.toLowerCase())
    .filter((word) => !smallWords.has(word))
    .map((word) => word.replace(/(?<=\w{2})s$/, ""));
}

/** Whether a summary has no word that the symbol's name has not. A link is a word of its own. */
function repeatsName(summary: string, name: string): boolean {
  const own = new Set(words(name));
  const [first = ""] = summary.split(/(?<=\.)\s/, 1);
  return !first.includes("{@link") && words(first).every((w) => own.has(w));
}

/** Whether documentation has an example that is run and asserts something. */
function hasExample(doc: string): boolean {
  const [, ...examples] = doc.split(/^@example/m);
  return examples.some((example) => {
    const [, language = "", code = ""] =
      /```(\S* ?[^\n]*)\n([\s\S]*?)```/.exec(example) ?? [];
    const body = code.replaceAll(/^import [\s\S]*?;$/gm, "");
    return /^(ts|js)$/.test(language.trim()) && /\bassert[.(]/.test(body);
  });
}

/** Whether a symbol is called or constructed: it shows how by an example. */
function needsExample({ name, node }: Exported): boolean {
  if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) {
    return true;
  }
  if (!ts.isVariableStatement(node)) return false;
  const { initializer } = node.declarationList.declarations
    .find((d) => d.name.getText() === name) ?? {};
  return initializer !== undefined &&
    (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer));
}

/** The optional settings of an exported options type. */
function optionalSettings(
  { name, node }: Exported,
): readonly ts.TypeElement[] {
  if (!/(Options|Settings)$/.test(name)) return [];
  const parts: ts.TypeElement[] = [];
  if (ts.isInterfaceDeclaration(node)) parts.push(...node.members);
  if (ts.isTypeAliasDeclaration(node)) parts.push(...literalsOf(node.type));
  return parts.filter((member) => member.questionToken !== undefined);
}

/** The members of the object types that a type is made of by `&` and `|`. */
function literalsOf(type: ts.TypeNode): readonly ts.TypeElement[] {
  if (ts.isTypeLiteralNode(type)) return [...type.members];
  if (ts.isParenthesizedTypeNode(type)) return literalsOf(type.type);
  return ts.isIntersectionTypeNode(type) || ts.isUnionTypeNode(type)
    ? type.types.flatMap(literalsOf)
    : [];
}

/** What is wrong with the documentation of one symbol, given each of its declarations. */
function checkSymbol(all: readonly Exported[]): readonly Violation[] {
  const [first] = all;
  if (first === undefined) return [];
  const { name, path } = first;
  const at = (rule: string, node: ts.Node, message: string): Violation => ({
    path,
    line: lineOf(node),
    rule,
    message,
  });
  const docs = all.map(({ node }) => docOf(node));
  const summary = summaryOf(docs.find((doc) => doc !== "") ?? "");
  const violations: Violation[] = [];
  if (docs.every((doc) => doc === "")) {
    violations.push(at("undocumented", first.node, `${name} has no comment`));
  } else if (!/\.[)`"*_]*$/.test(summary)) {
    const message = `the summary of ${name} does not end in a full stop`;
    violations.push(at("summary", first.node, message));
  } else if (repeatsName(summary, name)) {
    const message = `the summary of ${name} says only its name`;
    violations.push(at("repeats-name", first.node, message));
  }
  if (all.some(needsExample) && !docs.some(hasExample)) {
    const message = `${name} has no @example that runs and asserts`;
    violations.push(at("example", first.node, message));
  }
  for (const setting of all.flatMap(optionalSettings)) {
    if (saysDefault.test(docOf(setting))) continue;
    const message = `${name}.${setting.name?.getText()} does not say its ` +
      "@default {value}, or what happens without it";
    violations.push(at("default", setting, message));
  }
  return violations;
}

/** Finds documentation that says too little, in all that the published members export. */
export function checkDocs(files: Files): readonly Violation[] {
  const exports = new Exports(files, members(files));
  const symbols = new Map<string, Exported[]>();
  for (const found of entryPoints(files).flatMap((path) => exports.of(path))) {
    const key = `${found.path} ${found.name}`;
    const same = symbols.get(key) ?? [];
    if (same.some(({ node }) => node === found.node)) continue;
    symbols.set(key, [...same, found]);
  }
  return [...symbols.values()].flatMap(checkSymbol);
}

if (import.meta.main) runCheck("docs", checkDocs);
