/**
 * Finds where a file reaches for time, timers, randomness or listeners by itself.
 *
 * @module
 */
import ts from "typescript";

const timers: ReadonlySet<string> = new Set([
  "setTimeout",
  "setInterval",
  "setImmediate",
  "clearTimeout",
  "clearInterval",
  "clearImmediate",
]);

const listeners: ReadonlySet<string> = new Set([
  "addEventListener",
  "removeEventListener",
]);

const methods: Readonly<Record<string, readonly string[]>> = {
  Date: ["now"],
  performance: ["now"],
  Math: ["random"],
  crypto: ["randomUUID"],
};

const worlds: ReadonlySet<string> = new Set(["globalThis", "self", "window"]);

/** The name that a property access ends with: `a.b` and `a["b"]` → `b`. */
function lastName(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  if (
    ts.isElementAccessExpression(node) &&
    ts.isStringLiteralLike(node.argumentExpression)
  ) return node.argumentExpression.text;
  return undefined;
}

/** The global that an expression is: `Math` and `globalThis.Math` → `Math`. */
function globalName(node: ts.Expression): string | undefined {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) {
    return globalName(node.expression);
  }
  return (ts.isPropertyAccessExpression(node) ||
      ts.isElementAccessExpression(node)) && isWorld(node.expression)
    ? lastName(node)
    : undefined;
}

function isWorld(node: ts.Expression): boolean {
  return worlds.has(globalName(node) ?? "");
}

/** Whether an identifier is used as a value by its bare name, not declared, not a property and not a type. */
function isBareUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isTypeQueryNode(parent) || ts.isQualifiedName(parent)) return false;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  const { name } = parent as { readonly name?: ts.Node };
  const { propertyName } = parent as { readonly propertyName?: ts.Node };
  return name !== node && propertyName !== node;
}

/** What `const { a, b: c } = Math` takes that is forbidden. */
function takenApart(node: ts.VariableDeclaration): string | undefined {
  if (!ts.isObjectBindingPattern(node.name) || !node.initializer) return;
  const from = globalName(node.initializer) ?? "";
  return node.name.elements
    .map(({ propertyName, name }) => (propertyName ?? name).getText())
    .filter((name) =>
      worlds.has(from) && timers.has(name) || methods[from]?.includes(name)
    )
    .map((name) => `${from}.${name}`)[0];
}

/** `new Date()` and `Date()` tell the time; `new Date(0)` does not. */
function tellsTime(node: ts.Node): boolean {
  return (ts.isNewExpression(node) && !node.arguments?.length ||
    ts.isCallExpression(node)) && globalName(node.expression) === "Date";
}

/** The forbidden global that a node uses, if it does. */
export function globalUse(node: ts.Node): string | undefined {
  if (tellsTime(node)) return "the time of new Date()";
  if (ts.isVariableDeclaration(node)) return takenApart(node);
  if (ts.isIdentifier(node)) {
    return (timers.has(node.text) || listeners.has(node.text)) &&
        isBareUse(node)
      ? node.text
      : undefined;
  }
  if (
    !ts.isPropertyAccessExpression(node) && !ts.isElementAccessExpression(node)
  ) return undefined;
  const name = lastName(node) ?? "";
  const of = globalName(node.expression) ?? "";
  if (listeners.has(name)) return name;
  if (worlds.has(of) && timers.has(name)) return name;
  return Object.hasOwn(methods, of) && methods[of]?.includes(name)
    ? `${of}.${name}`
    : undefined;
}
