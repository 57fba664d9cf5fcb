/**
 * Reads the messages of the errors that a file makes, and says what is wrong with them.
 *
 * @module
 */
import ts from "typescript";

/** A message as far as it can be read: what it starts and ends with, and its literal text. */
export interface ErrorMessage {
  /** Empty where it starts with a value. */
  readonly start: string;
  /** Empty where it ends with a value. */
  readonly end: string;
  /** All literal text. */
  readonly text: string;
}

/** Which argument of a constructor is the message. One that is not here: whatever reads as a sentence. */
const messageAt: Readonly<Record<string, number>> = {
  Error: 0,
  TypeError: 0,
  RangeError: 0,
  SyntaxError: 0,
  ReferenceError: 0,
  EvalError: 0,
  URIError: 0,
  AggregateError: 1,
  MessagingError: 1,
  SuppressedError: 2,
};

const contraction =
  /\b\w+n['’]t\b|\w['’](re|ve|ll|d|m)\b|\b(it|that|there|here|what|who|let|he|she)['’]s\b/i;

/** Each literal that an expression may come to. */
function read(node: ts.Expression): readonly ErrorMessage[] {
  if (ts.isParenthesizedExpression(node)) return read(node.expression);
  if (ts.isConditionalExpression(node)) {
    return [...read(node.whenTrue), ...read(node.whenFalse)];
  }
  if (ts.isStringLiteralLike(node)) {
    return [{ start: node.text, end: node.text, text: node.text }];
  }
  if (ts.isTemplateExpression(node)) {
    const parts = [node.head, ...node.templateSpans.map((s) => s.literal)];
    return [{
      start: node.head.text,
      end: parts.at(-1)?.text ?? "",
      text: parts.map((part) => part.text).join("…"),
    }];
  }
  if (!ts.isBinaryExpression(node)) return [];
  const [left] = read(node.left);
  const [right] = read(node.right);
  if (left === undefined && right === undefined) return [];
  return [{
    start: left?.start ?? "",
    end: right?.end ?? "",
    text: `${left?.text ?? ""}${right?.text ?? ""}`,
  }];
}

/** The class that a `super(…)` calls, by its name. */
function parentOf(node: ts.Node): string {
  const type = ts.findAncestor(node, ts.isClassLike);
  const heritage = type?.heritageClauses?.find(({ token }) =>
    token === ts.SyntaxKind.ExtendsKeyword
  );
  return heritage?.types[0]?.expression.getText() ?? "";
}

/** The messages of the error that a node makes: `new …Error(…)`, `Error(…)`, or `super(…)` in a class of errors. */
export function errorMessages(node: ts.Node): readonly ErrorMessage[] {
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return [];
  const name = node.expression.kind === ts.SyntaxKind.SuperKeyword
    ? parentOf(node)
    : node.expression.getText();
  if (!/^(\w+\.)*([A-Z]\w*)?Error$/.test(name)) return [];
  const at = messageAt[name];
  return (node.arguments ?? []).flatMap((argument, index) =>
    read(argument).filter(({ text }) =>
      at === undefined ? /\s/.test(text) : at === index
    )
  );
}

/** What is wrong with a message. */
export function messageFaults(message: ErrorMessage): readonly string[] {
  const { start, end, text } = message;
  return [
    start !== "" && !/^[A-Z]/.test(start) && "start with a capital letter",
    end.trimEnd().endsWith(".") && "end without a full stop",
    contraction.test(text) && "write contractions out",
  ].filter((fault) => fault !== false);
}
