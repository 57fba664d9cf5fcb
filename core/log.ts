import { type Clock, systemClock } from "./contract/clock.ts";
import { fieldText, plainFields } from "./log_fields.ts";

/** Where to say what happens: the console fits, LogTape too, and with {@linkcode fieldsFirst} pino. */
export interface Logger {
  /** For whoever looks for a fault. */
  debug(message: string, fields?: object): void;
  /** What went as it should. */
  info(message: string, fields?: object): void;
  /** What someone should know. */
  warn(message: string, fields?: object): void;
  /** What someone must look at. */
  error(message: string, fields?: object): void;
}

/** How much something matters, the least first. */
export type LogLevel = keyof Logger;

/** Options for {@linkcode lineLogger}. */
export interface LineLoggerOptions {
  /**
   * The least level that is written.
   *
   * @default {"info"}
   */
  readonly level?: LogLevel;
  /** Lines for people, or a JSON object a line. By default lines for people where standard error is a terminal, JSON elsewhere. */
  readonly format?: "text" | "json";
  /** Takes each line, without its line feed. By default the console writes it to standard error. */
  readonly write?: (line: string, level: LogLevel) => void;
  /**
   * Says when something was said.
   *
   * @default {systemClock}
   */
  readonly clock?: Pick<Clock, "now">;
}

const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

function isTerminal(): boolean {
  const { process } = globalThis as {
    readonly process?: { readonly stderr?: { readonly isTTY?: boolean } };
  };
  return process?.stderr?.isTTY === true;
}

function toStandardError(line: string, level: LogLevel): void {
  // deno-lint-ignore no-console -- the one place that writes to it: on all runtimes these two go to standard error
  console[level === "error" ? "error" : "warn"](line);
}

function textOf(
  time: string,
  level: LogLevel,
  message: string,
  fields: object,
): string {
  const shown = Object.entries(plainFields(fields)).map(fieldText);
  const words = shown.flatMap(({ word }) => word ?? []);
  const below = shown.flatMap(({ below }) => below ?? []);
  // What somebody sent may be in it: one line stays one, and the terminal is left alone.
  const said = message.replace(/\p{Cc}+/gu, " ");
  const line = [time.slice(11, 23), level.padEnd(5), said, ...words];
  return [line.join(" "), ...below].join("\n");
}

function jsonOf(
  time: string,
  level: LogLevel,
  message: string,
  fields: object,
): string {
  const line: Record<string, unknown> = { time, level, message };
  for (const [name, value] of Object.entries(plainFields(fields))) {
    line[Object.hasOwn(line, name) ? `field.${name}` : name] = value;
  }
  return JSON.stringify(line);
}

/**
 * A logger that writes a line for each message. What an application uses where it is given none.
 *
 * Errors are written with their stack and cause, bytes as their number; what cannot be read is said to be so. It never throws, unless `write` does.
 *
 * @example Lines of JSON, debug included
 * ```ts
 * import assert from "node:assert/strict";
 * import { lineLogger } from "@ruststream/core";
 *
 * const lines: string[] = [];
 * const log = lineLogger({ level: "debug", format: "json", clock: { now: () => 0 }, write: (line) => void lines.push(line) });
 * log.debug("Took an order", { id: 7 });
 * assert.deepEqual(lines, ['{"time":"1970-01-01T00:00:00.000Z","level":"debug","message":"Took an order","id":7}']);
 * ```
 *
 * @throws {TypeError} If `level` or `format` is none.
 */
export function lineLogger(options: LineLoggerOptions = {}): Logger {
  const { level: least = "info", write = toStandardError } = options;
  const { clock = systemClock } = options;
  let { format } = options;
  const from = levels.indexOf(least);
  if (from < 0 || ![undefined, "text", "json"].includes(format)) {
    throw new TypeError(
      `Cannot write lines of level "${least}" as "${format}": expected a level of a logger, and "text" or "json"`,
    );
  }
  const say = (level: LogLevel): Logger["info"] => (message, fields = {}) => {
    if (levels.indexOf(level) < from) return;
    // Not before the first line: making a logger looks at nothing.
    format ??= isTerminal() ? "text" : "json";
    const time = new Date(clock.now()).toISOString();
    const line = format === "text" ? textOf : jsonOf;
    write(line(time, level, String(message), fields), level);
  };
  return Object.freeze({
    debug: say("debug"),
    info: say("info"),
    warn: say("warn"),
    error: say("error"),
  });
}

/** What an application without a logger of its own says, at level `info` and above, to standard error: {@linkcode lineLogger} as it is by default. */
export const consoleLogger: Logger = lineLogger();

/** A logger whose methods take the fields first, as those of pino and bunyan do. */
export interface FieldsFirstLogger {
  /** For whoever looks for a fault. */
  debug(fields: object, message: string): void;
  /** What went as it should. */
  info(fields: object, message: string): void;
  /** What someone should know. */
  warn(fields: object, message: string): void;
  /** What someone must look at. */
  error(fields: object, message: string): void;
}

/**
 * Turns a logger around whose methods take the fields first. An error goes in as `err`, where those loggers look for them.
 *
 * @example A logger like pino
 * ```ts
 * import assert from "node:assert/strict";
 * import { fieldsFirst } from "@ruststream/core";
 *
 * const said: unknown[] = [];
 * const keep = (fields: object, message: string) => void said.push([fields, message]);
 * const log = fieldsFirst({ debug: keep, info: keep, warn: keep, error: keep });
 * log.info("Took an order", { id: 7 });
 * assert.deepEqual(said, [[{ id: 7 }, "Took an order"]]);
 * ```
 */
export function fieldsFirst(logger: FieldsFirstLogger): Logger {
  const say = (level: LogLevel): Logger["info"] => (message, fields = {}) => {
    const { error, ...rest } = fields as { readonly error?: unknown };
    logger[level](
      error instanceof Error ? { ...rest, err: error } : fields,
      message,
    );
  };
  return Object.freeze({
    debug: say("debug"),
    info: say("info"),
    warn: say("warn"),
    error: say("error"),
  });
}
