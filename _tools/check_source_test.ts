import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { checkSource } from "./check_source.ts";
import { format, readRepository } from "./repository.ts";

const manifests: readonly (readonly [string, string])[] = [
  ["memory/deno.json", '{ "name": "@ruststream/memory" }'],
  ["examples/deno.json", '{ "publish": false }'],
];

function broken(path: string, code: string): readonly string[] {
  return checkSource(new Map([...manifests, [path, code]]))
    .map(({ line, rule }) => `${line} ${rule}`);
}

/** Lawful library code that looks like what is not. */
const lawful = `
import type { Clock } from "@ruststream/core/contract";
declare namespace Types { const value: number; }
namespace OnlyTypes { export interface A {} export type B = A; }
type Timer = ReturnType<typeof setTimeout>;
interface Timers { setTimeout(): void; readonly setInterval?: Timer; }
const fixed = new Date(0);
const anyone = "any of setTimeout, Date.now() and Math.random()";
/* using x = y; enum Z {} */
const { now } = fixed as unknown as { now: () => Date };
export const known: readonly Date[] = [fixed, now()];
export class Buffered<T> {
  readonly #items: T[] = [];
  constructor(readonlyItems: T[]) { this.#items = readonlyItems; }
}
export async function wait(clock: Clock, timers: Timers): Promise<void> {
  let using = 1;
  using = using + 1;
  await clock.sleep(1000);
  timers.setTimeout();
  queueMicrotask(() => {});
  Math.max(performance.timeOrigin, Date.UTC(2000));
  // deno-lint-ignore no-explicit-any -- the library's own type is so
  const value = using as any;
  if (value) throw new TypeError('Cannot wait for "orders.placed.": it is the customer\\'s');
  if (value) throw new RangeError(\`\${value} must be positive\`);
  if (value) throw new MessagingError("no-responder", "Cannot wait: " + value);
  throw value;
}
`;

/** What breaks a rule in library code. */
const crimes: readonly (readonly [string, string])[] = [
  ["global", "setTimeout(() => {}, 1);"],
  ["global", "globalThis.setTimeout(() => {}, 1);"],
  ["global", 'globalThis["setInterval"](() => {}, 1);'],
  ["global", "const { setImmediate: soon } = globalThis;"],
  ["global", "const run = { setTimeout };"],
  ["global", "export const wait = setTimeout;"],
  ["global", "setInterval(() => {}, 1);"],
  ["global", "setImmediate(() => {});"],
  ["global", "clearTimeout(1);"],
  ["global", "clearInterval(1);"],
  ["global", "const at = Date.now();"],
  ["global", "const read = Date.now;"],
  ["global", "const { now: read } = Date;"],
  ["global", "const at = new Date();"],
  ["global", "const at = new Date;"],
  ["global", "const at = new globalThis.Date();"],
  ["global", "const at = performance.now();"],
  ["global", "const at = globalThis.performance.now();"],
  ["global", "const x = Math.random();"],
  ["global", "const id = crypto.randomUUID();"],
  ["global", 'signal.addEventListener("abort", f);'],
  ["global", 'signal?.removeEventListener("abort", f);'],
  ["global", 'addEventListener("unload", f);'],
  ["using", "function f(): void { using x = y; }"],
  ["using", "async function f(): Promise<void> { await using x = y; }"],
  ["using", "for (using x of y) { }"],
  ["module-state", "let count = 0;"],
  ["module-state", "export var count = 0;"],
  ["plain-error", 'throw new Error("Cannot do it");'],
  ["plain-error", 'throw Error("Cannot do it");'],
  ["error-message", 'throw new TypeError("cannot do it");'],
  ["error-message", 'throw new TypeError("Cannot do it.");'],
  ["error-message", 'throw new TypeError("Cannot do it: it isn\'t there");'],
  ["error-message", 'throw new RangeError("Cannot do it: it\'s there");'],
  ["error-message", "const e = new RangeError(`cannot take ${x}`);"],
  ["error-message", "const e = new RangeError(`Cannot take ${x}.`);"],
  ["error-message", 'const e = new RangeError(`Cannot take ${x ? 1 : ""}.`);'],
  ["error-message", 'const e = new TypeError("cannot take " + x);'],
  ["error-message", 'const e = new TypeError(x ? "Cannot" : "could not");'],
  ["error-message", 'const e = new MessagingError("closed", "it is closed");'],
  ["error-message", 'const e = new AggregateError([], "several failed");'],
  ["error-message", 'const e = new PartialError(1, "not all sent");'],
  [
    "error-message",
    'class A extends TypeError { constructor() { super("not this"); } }',
  ],
];

/** What breaks a rule in every file, examples and tests too. */
const everywhere: readonly (readonly [string, string])[] = [
  ["erasable", "enum Kind { A }"],
  ["erasable", "const enum Kind { A }"],
  ["erasable", "namespace Values { export const a = 1; }"],
  ["erasable", "class A { constructor(readonly b: string) {} }"],
  ["erasable", "class A { constructor(private b: string) {} }"],
  ["erasable", "@sealed class A {}"],
  ["any", "const x: any = 1;"],
  ["any", "function f(x: readonly any[]): void {}"],
  ["any", "// deno-lint-ignore no-explicit-any\nconst x: any = 1;"],
  ["any", "// deno-lint-ignore no-explicit-any --\nconst x: any = 1;"],
];

test("checkSource() finds nothing in lawful library code", () => {
  assert.deepEqual(broken("memory/lawful.ts", lawful), []);
});

for (const [rule, code] of crimes) {
  test(`checkSource() refuses by ${rule} in library code only: ${JSON.stringify(code)}`, () => {
    assert.deepEqual(broken("memory/c.ts", `\n${code}`), [`2 ${rule}`]);
    assert.deepEqual(broken("memory/c_test.ts", `\n${code}`), []);
    assert.deepEqual(broken("memory/c_bench.ts", `\n${code}`), []);
    assert.deepEqual(broken("examples/c.ts", `\n${code}`), []);
    assert.deepEqual(broken("_tools/c.ts", `\n${code}`), []);
  });
}

for (const [rule, code] of everywhere) {
  const line = code.split("\n").length;
  test(`checkSource() refuses by ${rule} everywhere: ${JSON.stringify(code)}`, () => {
    assert.deepEqual(broken("memory/c.ts", code), [`${line} ${rule}`]);
    assert.deepEqual(broken("memory/c_test.ts", code), [`${line} ${rule}`]);
    assert.deepEqual(broken("examples/c.ts", code), [`${line} ${rule}`]);
  });
}

for (const code of ["export default f;", "export { f as default };"]) {
  test(`checkSource() refuses by default-export but in examples: ${JSON.stringify(code)}`, () => {
    assert.deepEqual(broken("memory/c.ts", code), ["1 default-export"]);
    assert.deepEqual(broken("_tools/c.ts", code), ["1 default-export"]);
    assert.deepEqual(broken("examples/c.ts", code), []);
  });
}

test("checkSource() refuses by default-export a default function", () => {
  const code = "export default function f(): void {}";

  assert.deepEqual(broken("memory/c.ts", code), ["1 default-export"]);
});

test("checkSource() refuses a file over 400 lines, a test too", () => {
  assert.deepEqual(broken("memory/c_test.ts", "f();\n".repeat(400)), []);
  assert.deepEqual(broken("memory/c_test.ts", "f();\n".repeat(401)), [
    "401 file-length",
  ]);
});

test("checkSource() refuses a function over 80 lines, its documentation not counted", () => {
  const long = (lines: number): string =>
    `/**\n * Long.\n */\nfunction f() {\n${"f();\n".repeat(lines - 2)}}\n`;

  assert.deepEqual(broken("memory/c.ts", long(80)), []);
  assert.deepEqual(broken("memory/c.ts", long(81)), ["4 function-length"]);
});

test("checkSource() lets the clock and onAbort() touch the globals", () => {
  const code = 'setTimeout(f, Date.now()); s.addEventListener("abort", f);';
  const core = ["core/deno.json", "{}"] as const;
  const found = (path: string): number =>
    checkSource(new Map([core, [path, code]])).length;

  assert.equal(found("core/contract/clock.ts"), 0);
  assert.equal(found("core/contract/on_abort.ts"), 0);
  assert.equal(found("core/contract/other.ts"), 3);
});

test("checkSource() finds nothing in this repository", () => {
  assert.equal(format(checkSource(readRepository())), "");
}, {
  timeoutMs: 120_000,
  ...!("Deno" in globalThis) && { skip: "Deno looks at the same files" },
});
