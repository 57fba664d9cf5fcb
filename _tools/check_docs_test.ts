import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { checkDocs } from "./check_docs.ts";
import { format, readRepository } from "./repository.ts";

/** A repository with one member, whose entry point holds some code. */
function broken(
  code: string,
  files: Readonly<Record<string, string>> = {},
): readonly string[] {
  const deno = '{ "name": "@ruststream/memory", "exports": "./mod.ts" }';
  const all = { "memory/deno.json": deno, "memory/mod.ts": code, ...files };
  return checkDocs(new Map(Object.entries(all)))
    .map(({ path, line, rule }) =>
      path === "memory/mod.ts" ? `${line} ${rule}` : `${path}:${line} ${rule}`
    );
}

const example = `@example What it shows
 * \`\`\`ts
 * import assert from "node:assert/strict";
 * assert.equal(1, 1);
 * \`\`\``;

const lawful = `
/**
 * Waits for a turn, at most so long.
 *
 * ${example}
 */
export function wait(): void;
export function wait(ms?: number): void {}
/** Options for {@linkcode wait}. */
export interface WaitOptions {
  /** Not optional. */
  readonly ms: number;
  /**
   * Gives up.
   *
   * @default {1_000}
   */
  readonly timeoutMs?: number;
  /** Without a signal only time ends it. */
  readonly signal?: AbortSignal;
  /** Told what happens. By default nobody is. */
  report?(): void;
  /** Absent where nobody knows. */
  readonly size?: number;
  /** The broker's default holds unless this is given. */
  readonly name?: string;
}
/** How often it is tried, and
 * how long between. */
export type Backoff = { readonly free?: number };
/** One, as \`1\`. */
export const one = 1, two = 2;
/**
 * Takes turns.
 * ${example}
 */
export class Turns {}
/** Has no example, and is not exported. */
function inner(): void {}
interface InnerOptions { readonly free?: number }
`;

/** What breaks a rule, on its line. */
const crimes: readonly (readonly [string, string])[] = [
  ["1 undocumented", "export const one = 1;"],
  ["2 undocumented", "// A line.\nexport interface One {}"],
  ["1 summary", "/** First of all */ export const one = 1;"],
  ["1 summary", "/** @deprecated Gone. */ export const one = 1;"],
  [
    "5 summary",
    "/**\n * First of all\n *\n * And more. */\nexport type A = 1;",
  ],
  ["1 repeats-name", "/** The retry options. */ export type RetryOption = 1;"],
  ["1 repeats-name", "/** A broker. */ export type Broker = 1;"],
  [
    "1 repeats-name",
    "/** The broker. It does a lot. */ export type Broker = 1;",
  ],
  ["1 example", "/** Sleeps until then. */ export function wait(): void {}"],
  ["1 example", "/** Takes turns. */ export class Queue {}"],
  [
    "1 example",
    "/** Sleeps until then. */ export const wait = (): void => {};",
  ],
  [
    "6 example",
    "/** Sleeps until then. */\n/* @example A\n * ```ts\n * assert(1);\n * ```*/\nexport function wait(): void {}",
  ],
  [
    "6 example",
    "/** Sleeps until then.\n * @example A\n * ```ts ignore\n * assert(1);\n * ```*/\nexport function wait(): void {}",
  ],
  [
    "7 example",
    '/** Sleeps until then.\n * @example A\n * ```ts\n * import assert from "node:assert";\n * wait();\n * ```*/\nexport function wait(): void {}',
  ],
  [
    "2 default",
    "/** Options for {@linkcode a}. */ export interface AOptions {\n readonly b?: 1 }",
  ],
  [
    "2 default",
    "/** How it runs. */ export interface Settings {\n /** Time. */ b?: 1 }",
  ],
  [
    "2 default",
    "/** Options for {@linkcode a}. */ export type AOptions = B & {\n /** Run. */ b?(): void }",
  ],
];

test("checkDocs() finds nothing in lawful documentation", () => {
  assert.deepEqual(broken(lawful), []);
});

for (const [found, code] of crimes) {
  test(`checkDocs() refuses by ${found.slice(2)}: ${JSON.stringify(code)}`, () => {
    assert.deepEqual(broken(code), [found]);
  });
}

test("checkDocs() follows re-exports, and only those", () => {
  const files = {
    "memory/a.ts": "export const a = 1;",
    "memory/b.ts": "const b = 1, c = 2; export { b, c };",
    "memory/d.ts": "export const d = 1;",
  };

  const found = broken(
    'export * from "./a.ts"; export { b } from "./b.ts"; import "./d.ts";',
    files,
  );

  assert.deepEqual(found, [
    "memory/a.ts:1 undocumented",
    "memory/b.ts:1 undocumented",
  ]);
});

test("checkDocs() tells a symbol once, however many ways lead to it", () => {
  const found = broken(
    'export * from "./a.ts"; export { a } from "./a.ts"; export * from "@ruststream/memory";',
    { "memory/a.ts": "export const a = 1;" },
  );

  assert.deepEqual(found, ["memory/a.ts:1 undocumented"]);
});

test("checkDocs() finds nothing in this repository", () => {
  assert.equal(format(checkDocs(readRepository())), "");
});
