/** Where to say what happens: console, pino and others fit. */
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

function say(level: "warn" | "error"): Logger["error"] {
  return (message, fields) => {
    const said = fields === undefined ? [message] : [message, fields];
    // deno-lint-ignore no-console -- the one place that writes to it: the default logger
    console[level](...said);
  };
}

/** Warnings and errors to the console's standard error; the rest nowhere. What an application uses without a logger of its own. */
export const consoleLogger: Logger = Object.freeze({
  debug: () => {},
  info: () => {},
  warn: say("warn"),
  error: say("error"),
});
