import process from "node:process";
import type { Logger } from "@ruststream/core";

function plain(_name: string, value: unknown): unknown {
  return value instanceof Error ? String(value) : value;
}

function writer(level: string): Logger["info"] {
  return (message, fields) => {
    const more = fields === undefined
      ? ""
      : ` ${JSON.stringify(fields, plain)}`;
    process.stderr.write(`${level} ${message}${more}\n`);
  };
}

/** A line a message on standard error, so that standard output stays free for the summary. */
export const stderrLogger: Logger = Object.freeze({
  debug: () => {},
  info: writer("info"),
  warn: writer("warn"),
  error: writer("error"),
});
