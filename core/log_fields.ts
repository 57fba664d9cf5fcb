/** How far into objects a line goes. */
const deepest = 5;

/** What of an error its line says. */
function plainError(error: Error, above: readonly object[]): object {
  const { name, message, stack, cause, code } = error as Error & {
    readonly code?: unknown;
  };
  return {
    type: name,
    message,
    ...(code === undefined ? {} : { code: plain(code, above) }),
    ...(stack === undefined ? {} : { stack }),
    ...(cause === undefined ? {} : { cause: plain(cause, above) }),
  };
}

function plain(value: unknown, above: readonly object[]): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) {
    return typeof value === "function" ? "[function]" : value;
  }
  if (above.includes(value)) return "[circular]";
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    return `[${value.byteLength} bytes]`;
  }
  if (above.length > deepest) return "[more]";
  const inside = [...above, value];
  try {
    if (value instanceof Error) return plainError(value, inside);
    if (value instanceof Date) return String(value.toJSON());
    if (Array.isArray(value)) return value.map((one) => plain(one, inside));
    return plainRecord(value, inside);
  } catch {
    return "[unreadable]";
  }
}

function plainRecord(value: object, above: readonly object[]): object {
  const made: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    let read: unknown;
    try {
      read = plain((value as Record<string, unknown>)[name], above);
    } catch {
      read = "[unreadable]";
    }
    // Not by assignment: a field may be called "__proto__".
    Object.defineProperty(made, name, { value: read, enumerable: true });
  }
  return made;
}

/** The fields of a line, as JSON can write them: errors in parts, bytes by their number. */
export function plainFields(fields: unknown): object {
  const made = plain(fields, []);
  return typeof made === "object" && made !== null ? made : { fields: made };
}

/** An error, as {@linkcode plainFields} gives it. */
interface PlainError {
  readonly type: unknown;
  readonly message: unknown;
  readonly stack: string;
  readonly cause?: unknown;
}

function isPlainError(value: unknown): value is PlainError {
  return typeof (value as { readonly stack?: unknown } | null)?.stack ===
    "string";
}

function headOf({ type, message }: PlainError): string {
  return `${type}: ${message}`;
}

/** Where an error comes from, and what caused it. What it says may be of several lines, and stands in the stack too: those are not shown as lines of ours. */
function* traceOf(error: PlainError): Iterable<string> {
  const { stack, message, cause } = error;
  const said = stack.indexOf(String(message));
  const frames = said < 0 ? stack : stack.slice(said + String(message).length);
  for (const frame of frames.split("\n").slice(1)) {
    yield frame.replace(/\p{Cc}+/gu, " ");
  }
  if (cause === undefined) return;
  yield `    cause: ${
    isPlainError(cause)
      ? quoted(headOf(cause))
      : typeof cause === "string"
      ? quoted(cause)
      : JSON.stringify(cause)
  }`;
  if (isPlainError(cause)) yield* traceOf(cause);
}

/** What a line for people shows of one field: a word in the line, and of an error its stack and its cause below. */
export function fieldText(
  [name, value]: readonly [string, unknown],
): { readonly word?: string; readonly below?: string } {
  if (value === undefined) return {};
  if (isPlainError(value)) {
    return {
      word: `${name}=${quoted(headOf(value))}`,
      below: [...traceOf(value)].join("\n"),
    };
  }
  return {
    word: `${name}=${
      typeof value === "string" ? quoted(value) : JSON.stringify(value)
    }`,
  };
}

/** Bare where that can be read, and no line can be mistaken for two. */
function quoted(text: string): string {
  return /^[\w.:\/@+#{}*>-]+$/.test(text) ? text : JSON.stringify(text);
}
