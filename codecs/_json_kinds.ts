/** What {@linkcode writesKinds} and {@linkcode readsKinds} do beside plain JSON. */
export interface JsonKinds {
  /** Whether whole numbers beyond 2^53 - 1 are bigints. */
  readonly bigint: boolean;
  /** Whether the value under a name may be a date. */
  readonly isDate: (name: string) => boolean;
}

interface RawJson {
  rawJSON(text: string): unknown;
}
// The compiler does not know it yet; all three runtimes have it.
const { rawJSON } = JSON as unknown as RawJson;

/** What a reviver gets beside the value: the text of a number. */
export interface Source {
  /** Absent for objects and lists. */
  readonly source?: string;
}

const dateText = /^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const integer = /^-?\d+$/;
// Reading digits costs more than their number: a body of nothing else would hold up the process.
const mostDigits = 1_000;

function toDate(text: string): Date | undefined {
  if (!dateText.test(text)) return undefined;
  const date = new Date(text);
  // The thirtieth of February reads as the first of March.
  return Number.isNaN(date.getTime()) || date.toISOString() !== text
    ? undefined
    : date;
}

function checkDate(name: string, date: Date, { isDate }: JsonKinds): void {
  if (Number.isNaN(date.getTime())) {
    throw new RangeError(
      `Cannot encode "${name}" as JSON: the date is invalid`,
    );
  }
  if (!isDate(name)) {
    throw new TypeError(
      `Cannot encode "${name}" as JSON: it is a date, and not among the names of dates`,
    );
  }
}

/** The value to write for one that JSON has no word for, else the value itself. */
export function writesKinds(
  kinds: JsonKinds,
  name: string,
  original: unknown,
  value: unknown,
): unknown {
  if (original instanceof Date) {
    checkDate(name, original, kinds);
    return value;
  }
  if (typeof value === "string") {
    if (kinds.isDate(name) && toDate(value) !== undefined) {
      throw new TypeError(
        `Cannot encode "${name}" as JSON: it is a string that would be read as a date`,
      );
    }
    return value;
  }
  if (!kinds.bigint) return value;
  if (typeof value === "bigint") return rawJSON(String(value));
  // A number that large would be read as a bigint, unless it has an exponent.
  return Number.isInteger(value) && !Number.isSafeInteger(value)
    ? rawJSON((value as number).toExponential())
    : value;
}

/** The value that was meant by one that was read. */
export function readsKinds(
  { bigint, isDate }: JsonKinds,
  name: string,
  value: unknown,
  { source = "" }: Source,
): unknown {
  if (typeof value === "string") {
    return isDate(name) ? toDate(value) ?? value : value;
  }
  if (!bigint || typeof value !== "number" || Number.isSafeInteger(value)) {
    return value;
  }
  if (!integer.test(source)) return value;
  if (source.length > mostDigits) {
    throw new RangeError(
      `Cannot decode "${name}" as a bigint: it has ${source.length} digits, at most ${mostDigits}`,
    );
  }
  return BigInt(source);
}
