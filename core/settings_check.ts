import type { Settings } from "./settings.ts";

type Rule = (value: unknown) => string | undefined;

const atLeast = (least: number, whole: boolean): Rule => (value) =>
  typeof value === "number" && value >= least &&
    (value === Infinity || !whole || Number.isInteger(value))
    ? undefined
    : `a ${whole ? "whole " : ""}number of at least ${least}`;
const finite = (least: number): Rule => (value) =>
  typeof value === "number" && value >= least && value < Infinity
    ? undefined
    : `a finite number of at least ${least}`;
const oneOf = (...words: readonly string[]): Rule => (value) =>
  words.includes(value as string)
    ? undefined
    : `one of ${words.map((word) => JSON.stringify(word)).join(", ")}`;
const a = (kind: "function" | "object" | "boolean"): Rule => (value) =>
  typeof value === kind && value !== null ? undefined : `a ${kind}`;
const words: Rule = (value) =>
  typeof value === "string" && value !== ""
    ? undefined
    : "a string that is not empty";

const rules: Readonly<Record<keyof Settings, Rule>> = {
  group: words,
  fanOut: a("boolean"),
  concurrency: atLeast(1, true),
  orderBy: a("function"),
  retry: a("object"),
  deadLetter: a("object"),
  undecodable: oneOf("dead-letter", "reject", "retry", "stop"),
  onExhausted: oneOf("dead-letter", "reject", "stop"),
  onUnmatched: oneOf("dead-letter", "reject", "ack"),
  timeoutMs: finite(1),
  abandonMs: finite(0),
  maxHeld: atLeast(1, true),
  maxHoldMs: atLeast(0, false),
  maxBodyBytes: atLeast(0, true),
  maxAgeMs: atLeast(0, false),
  codec: a("object"),
};

const retryRules: Readonly<Record<string, Rule>> = {
  maxAttempts: atLeast(1, true),
  order: oneOf("keep", "yield"),
  backoff: a("object"),
  retryable: a("function"),
};

const backoffRules: Readonly<Record<string, Rule>> = {
  initialMs: finite(0),
  maxMs: finite(0),
  factor: finite(1),
  jitter: a("boolean"),
};

const deadLetterRules: Readonly<Record<string, Rule>> = {
  channel: a("object"),
  unconfirmed: a("boolean"),
};

function checkFields(
  where: string,
  prefix: string,
  value: object,
  fields: Readonly<Record<string, Rule>>,
  also: readonly string[] = [],
): void {
  for (const [name, found] of Object.entries(value)) {
    if (also.includes(name)) continue;
    const rule = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (rule === undefined) {
      throw new TypeError(
        `Cannot set ${where}: there is no option "${prefix}${name}"`,
      );
    }
    if (found === undefined) continue;
    const expected = rule(found);
    if (expected === undefined) continue;
    const text = typeof found === "string"
      ? JSON.stringify(found)
      : String(found);
    const message =
      `Cannot set ${where}: "${prefix}${name}" must be ${expected}, found ${text}`;
    throw typeof found === "number"
      ? new RangeError(message)
      : new TypeError(message);
  }
}

/**
 * Checks settings as they were written.
 *
 * @param where Whose settings they are, for the error.
 * @param settings What was written.
 * @param also Names that are lawful there beside the settings.
 */
export function checkSettings(
  where: string,
  settings: object,
  also: readonly string[] = [],
): void {
  checkFields(where, "", settings, rules, also);
  const { retry, deadLetter } = settings as Settings;
  if (retry !== undefined) {
    checkFields(where, "retry.", retry, retryRules);
    if (retry.backoff !== undefined) {
      checkFields(where, "retry.backoff.", retry.backoff, backoffRules);
    }
  }
  if (deadLetter !== undefined && "channel" in deadLetter) {
    checkFields(where, "deadLetter.", deadLetter, deadLetterRules);
  }
}

/** Checks a whole number that must be there. */
export function wholeNumber(
  where: string,
  name: string,
  value: unknown,
  least: number,
): void {
  if (typeof value === "number" && Number.isInteger(value) && value >= least) {
    return;
  }
  throw new RangeError(
    `Cannot make ${where}: ${name} must be a whole number of at least ${least}, found ${
      String(value)
    }`,
  );
}
