import {
  consoleLogger,
  fieldsFirst,
  lineLogger,
  type LineLoggerOptions,
  type Logger,
} from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";

const clock = { now: () => Date.UTC(2026, 10, 22, 9, 5, 7, 80) };

/** A logger, and what it has written. */
function writing(options: LineLoggerOptions): [Logger, string[]] {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  return [lineLogger({ clock, write, ...options }), lines];
}

/** What is written to the console meanwhile. */
function heard(say: () => void): unknown[] {
  const said: unknown[] = [];
  const { warn, error, log, info, debug } = console;
  const keep = (name: string) => (...args: readonly unknown[]): void =>
    void said.push([name, ...args]);
  Object.assign(console, {
    warn: keep("warn"),
    error: keep("error"),
    log: keep("log"),
    info: keep("info"),
    debug: keep("debug"),
  });
  try {
    say();
  } finally {
    Object.assign(console, { warn, error, log, info, debug });
  }
  return said;
}

test("consoleLogger writes what is info or more to standard error, a line each", () => {
  const said = heard(() => {
    consoleLogger.debug("a");
    consoleLogger.info("b", { of: 1 });
    consoleLogger.warn("c");
    consoleLogger.error("d");
  }) as [string, string][];

  // What is no error goes by "warn": "info" would go to standard output.
  assert.deepEqual(said.map(([method]) => method), ["warn", "warn", "error"]);
  assert.ok(said.every(({ length }) => length === 2));
  for (const [index, [, line]] of said.entries()) {
    assert.ok(line.includes("bcd"[index] as string), line);
  }
});

test("lineLogger() writes lines for people", () => {
  const [log, lines] = writing({ format: "text", level: "debug" });

  log.debug("Took an order", { id: 7, from: "Ana Weiß", to: undefined });
  log.warn("Cannot go on", {
    error: new RangeError("too far"),
    list: [1, "2"],
  });

  assert.equal(
    lines[0],
    '09:05:07.080 debug Took an order id=7 from="Ana Weiß"',
  );
  const [first, ...stack] = lines[1]?.split("\n") ?? [];
  assert.equal(
    first,
    '09:05:07.080 warn  Cannot go on error="RangeError: too far" list=[1,"2"]',
  );
  assert.match(stack.join("\n"), /log_test\.ts/);
});

test("lineLogger() writes the causes of an error for people, and no line that an error made up", () => {
  const [log, lines] = writing({ format: "text" });
  const made = "no\n00:00:00.000 error made up \x1b[31m";

  log.error("Cannot go on", {
    error: new TypeError(made, {
      cause: new RangeError("worse", { cause: "gone" }),
    }),
  });

  const all = lines[0] ?? "";
  assert.match(all, /\n {4}cause: "RangeError: worse"\n {4}at .*\n/);
  assert.match(all, /\n {4}cause: gone$/);
  assert.ok(!all.includes("\x1b"));
  assert.doesNotMatch(all, /^00:00/m);
});

test("lineLogger() writes JSON, whatever it is given", () => {
  const [log, lines] = writing({ format: "json" });
  const round: Record<string, unknown> = { big: 7n };
  round["self"] = round;
  const fields = {
    message: "mine",
    body: new Uint8Array(9),
    at: new Date(0),
    never: new Date(NaN),
    run: () => {},
    round,
    get broken(): never {
      throw new Error("no");
    },
    nothing: undefined,
    error: new TypeError("bad", { cause: new RangeError("worse") }),
  };

  log.info("Said", fields);
  log.info("Said", "nonsense" as never);

  const { error, ...said } = JSON.parse(lines[0] ?? "");
  assert.deepEqual(said, {
    time: "2026-11-22T09:05:07.080Z",
    level: "info",
    message: "Said",
    "field.message": "mine",
    body: "[9 bytes]",
    at: "1970-01-01T00:00:00.000Z",
    never: "null",
    run: "[function]",
    round: { big: "7", self: "[circular]" },
    broken: "[unreadable]",
  });
  assert.equal(error.type, "TypeError");
  assert.equal(error.cause.message, "worse");
  assert.match(error.stack, /log_test\.ts/);
  assert.equal(JSON.parse(lines[1] ?? "").fields, "nonsense");
});

test("lineLogger() ends at the depth that somebody reads, and one line stays one", () => {
  const [json, lines] = writing({ format: "json" });
  const [text, shown] = writing({ format: "text" });
  const deep = { a: { a: { a: { a: { a: { a: { a: 1 } } } } } } };

  json.info("deep", deep);
  text.info("feed\n\u001b[2J", { id: "1\n2" });

  assert.match(lines[0] ?? "", /"\[more\]"/);
  assert.equal(shown[0], '09:05:07.080 info  feed [2J id="1\\n2"');
});

test("lineLogger() writes nothing below its level", () => {
  const [log, lines] = writing({ level: "error" });

  for (const level of ["debug", "info", "warn", "error"] as const) {
    log[level](level);
  }

  assert.equal(lines.length, 1);
});

test("lineLogger() refuses a level or a format that is none", () => {
  for (const options of [{ level: "loud" }, { format: "xml" }]) {
    assert.throws(() => lineLogger(options as never), {
      name: "TypeError",
      message: /^Cannot write lines of level/,
    });
  }
});

test("fieldsFirst() turns fields and message around, and names an error as pino does", () => {
  const said: unknown[] = [];
  const keep = (level: string) => (fields: object, message: string): void =>
    void said.push([level, fields, message]);
  const log = fieldsFirst({
    debug: keep("debug"),
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
  });
  const error = new Error("no");

  log.debug("a");
  log.info("b", { id: 1 });
  log.warn("c", { error: "text" });
  log.error("d", { id: 2, error });

  assert.deepEqual(said, [
    ["debug", {}, "a"],
    ["info", { id: 1 }, "b"],
    ["warn", { error: "text" }, "c"],
    ["error", { id: 2, err: error }, "d"],
  ]);
});
