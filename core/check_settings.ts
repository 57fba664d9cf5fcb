import type { AnyChannel } from "./contract/channel.ts";
import type { Codec } from "./contract/codec.ts";
import { hint } from "./nearest.ts";
import type { Settings } from "./settings.ts";

type Rule = (value: unknown) => string | undefined;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value looks like a channel: the rest is checked where its address is parsed. */
export function isChannel(value: unknown): value is AnyChannel {
  return isRecord(value) && typeof value["address"] === "string";
}

/**
 * Checks that a value looks like a channel: whoever writes plain JavaScript gives an address for one.
 *
 * @param deed What cannot be done with it, in words, for the error.
 */
export function checkChannel(
  deed: string,
  value: unknown,
): asserts value is AnyChannel {
  if (isChannel(value)) return;
  throw new TypeError(
    `Cannot ${deed}: expected a channel, found ${foundText(value)}`,
  );
}

/** Whether a value looks like a codec. */
export function isCodec(value: unknown): value is Codec {
  const { contentType, encode, decode } = (value ?? {}) as Partial<Codec>;
  return typeof contentType === "string" && typeof encode === "function" &&
    typeof decode === "function";
}

/** What was found, for an error: never the inside of an object. */
export function foundText(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "function":
      return "a function";
    case "object":
      return value === null
        ? "null"
        : Array.isArray(value)
        ? "a list"
        : "an object";
    default:
      return String(value);
  }
}

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
const aFunction: Rule = (value) =>
  typeof value === "function" ? undefined : "a function";
const aBoolean: Rule = (value) =>
  typeof value === "boolean" ? undefined : "a boolean";
const fields: Rule = (value) => isRecord(value) ? undefined : "an object";
const codec: Rule = (value) => isCodec(value) ? undefined : "a codec";
const channel: Rule = (value) => isChannel(value) ? undefined : "a channel";
const deadLetter: Rule = (value) =>
  isChannel(value) || (isRecord(value) && "channel" in value)
    ? undefined
    : "a channel or { channel }";
const words: Rule = (value) =>
  typeof value === "string" && value !== ""
    ? undefined
    : "a string that is not empty";

const rules: Readonly<Record<keyof Settings, Rule>> = {
  group: words,
  fanOut: aBoolean,
  concurrency: atLeast(1, true),
  orderBy: aFunction,
  retry: fields,
  deadLetter,
  undecodable: oneOf("dead-letter", "reject", "retry", "stop"),
  onExhausted: oneOf("dead-letter", "reject", "stop"),
  onUnmatched: oneOf("dead-letter", "reject", "ack"),
  timeoutMs: finite(1),
  abandonMs: finite(0),
  maxHeld: atLeast(1, true),
  maxHoldMs: atLeast(0, false),
  maxBodyBytes: atLeast(0, true),
  maxAgeMs: atLeast(0, false),
  codec,
  messageIds: aBoolean,
};

const retryRules: Readonly<Record<string, Rule>> = {
  maxAttempts: atLeast(1, true),
  order: oneOf("keep", "yield"),
  backoff: fields,
  retryable: aFunction,
};

const backoffRules: Readonly<Record<string, Rule>> = {
  initialMs: finite(0),
  maxMs: finite(0),
  factor: finite(1),
  jitter: aBoolean,
};

const deadLetterRules: Readonly<Record<string, Rule>> = {
  channel,
  unconfirmed: aBoolean,
};

/**
 * Says that an option is not what it must be.
 *
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If it is of the wrong kind.
 */
export function refuseOption(
  where: string,
  name: string,
  expected: string,
  found: unknown,
): never {
  const message = `Cannot set ${where}: "${name}" must be ${expected}, found ${
    foundText(found)
  }`;
  throw typeof found === "number" && expected.includes("number")
    ? new RangeError(message)
    : new TypeError(message);
}

function checkFields(
  where: string,
  prefix: string,
  value: object,
  known: Readonly<Record<string, Rule>>,
  also: readonly string[] = [],
): void {
  for (const [name, found] of Object.entries(value)) {
    if (also.includes(name)) continue;
    const rule = Object.hasOwn(known, name) ? known[name] : undefined;
    if (rule === undefined) {
      refuseUnknown(where, name, [...Object.keys(known), ...also], prefix);
    }
    if (found === undefined) continue;
    const expected = rule(found);
    if (expected === undefined) continue;
    refuseOption(where, `${prefix}${name}`, expected, found);
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
  settings: unknown,
  also: readonly string[] = [],
): void {
  if (!isRecord(settings)) {
    throw new TypeError(
      `Cannot set ${where}: expected an object of options, found ${
        foundText(settings)
      }`,
    );
  }
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

/** Checks options that are no settings. */
export function checkKnown(
  where: string,
  options: object,
  names: readonly string[],
): void {
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) refuseUnknown(where, name, names);
  }
}

/** Says that there is no such option, and which one was probably meant. */
function refuseUnknown(
  where: string,
  name: string,
  known: readonly string[],
  prefix = "",
): never {
  throw new TypeError(
    `Cannot set ${where}: there is no option "${prefix}${name}"${
      hint(name, known, prefix)
    }`,
  );
}

/** Checks a time in milliseconds, where one is given. */
export function milliseconds(
  where: string,
  name: string,
  value: unknown,
  longest: number = Number.MAX_VALUE,
): void {
  if (
    value === undefined ||
    (typeof value === "number" && value >= 0 && value <= longest)
  ) return;
  const kind = longest === Infinity ? "number" : "finite number";
  refuseOption(where, name, `a ${kind} of at least 0`, value);
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
  refuseOption(where, name, `a whole number of at least ${least}`, value);
}
