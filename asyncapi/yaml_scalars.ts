import type { Json } from "./json.ts";

/** Tells why a text is not read. */
export type Refuse = (why: string) => never;

const words: ReadonlyMap<string, Json> = new Map<string, Json>([
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...["true", "True", "TRUE"].map((word) => [word, true] as const),
  ...["false", "False", "FALSE"].map((word) => [word, false] as const),
]);

const number = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const whole = /^0(?:x[\da-fA-F]+|o[0-7]+)$/;
const endless = /^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/;

/** What begins something that JSON has no word for. */
const refused: Readonly<Record<string, string>> = {
  "&": "an anchor",
  "*": "an alias",
  "!": "a tag",
  "?": "a complex key",
  "%": "a directive",
  "@": 'a reserved "@"',
  "`": 'a reserved "`"',
};

/** What a text without quotes stands for, as the core schema of YAML 1.2 has it. */
export function plainValue(text: string, refuse: Refuse): Json {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (number.test(text) || whole.test(text)) return Number(text);
  if (endless.test(text)) refuse(`a number that JSON does not have, ${text}`);
  const [first = ""] = text;
  const why = refused[first];
  if (why !== undefined && (first !== "?" || /^\?(\s|$)/.test(text))) {
    refuse(why);
  }
  return text;
}

const escapes: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  t: "\t",
  "\t": "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\x1b",
  " ": " ",
  '"': '"',
  "/": "/",
  "\\": "\\",
  N: "\x85",
  _: "\xa0",
  L: "\u2028",
  P: "\u2029",
};

const escape =
  /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(\n[ \t]*)|([^]))/g;

function unescaped(text: string, refuse: Refuse): string {
  return text.replaceAll(
    escape,
    (
      _all,
      x?: string,
      u?: string,
      long?: string,
      lineEnd?: string,
      char = "",
    ) => {
      const code = x ?? u ?? long;
      if (lineEnd !== undefined) return "";
      if (code === undefined) {
        return escapes[char] ?? refuse(`an escape that is none, \\${char}`);
      }
      const point = parseInt(code, 16);
      return point <= 0x10ffff
        ? String.fromCodePoint(point)
        : refuse(`a character that is none, ${code}`);
    },
  );
}

/** A text of several lines as one: a line end becomes a space, an empty line a line end. */
export function folded(text: string): string {
  return text.replaceAll(
    /[ \t]*\n[ \t]*((?:\n[ \t]*)*)/g,
    (_all, empty: string) => "\n".repeat(empty.split("\n").length - 1) || " ",
  );
}

const double = /^"((?:[^"\\]|\\[^])*)"/;
const single = /^'((?:[^']|'')*)'/;

/** The quoted text at the start of a text, and how much of it that takes; undefined where its end is missing. */
export function quotedAt(
  text: string,
  refuse: Refuse,
): { readonly value: string; readonly length: number } | undefined {
  const [all, inner = ""] = (text.startsWith('"') ? double : single)
    .exec(text) ?? [];
  if (all === undefined) return undefined;
  const value = text.startsWith('"')
    // An escaped line end is no line end to fold.
    ? unescaped(
      inner.split(/(\\[^])/)
        .map((part, index) => index % 2 === 1 ? part : folded(part))
        .join(""),
      refuse,
    )
    : folded(inner).replaceAll("''", "'");
  return { value, length: all.length };
}

/** A text without the comment at its end. */
export function withoutComment(text: string): string {
  return text.replace(/(?:^|[ \t])#[^\n]*$/, "").trimEnd();
}
