import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { consoleLogger } from "./log.ts";

test("consoleLogger writes warnings and errors, and nothing else", () => {
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
    consoleLogger.debug("a");
    consoleLogger.info("b", { of: 1 });
    consoleLogger.warn("c");
    consoleLogger.error("d", { of: 2 });
  } finally {
    Object.assign(console, { warn, error, log, info, debug });
  }

  assert.deepEqual(said, [["warn", "c"], ["error", "d", { of: 2 }]]);
});
