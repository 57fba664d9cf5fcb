/**
 * JSON, with dates and large numbers where they are asked for.
 *
 * @module
 */
import {
  type Codec,
  type Encodable,
  type Encoded,
  toUtf8,
  utf8Reader,
} from "@ruststream/core/contract";
import {
  type JsonKinds,
  readsKinds,
  type Source,
  writesKinds,
} from "./_json_kinds.ts";
import { checkNames } from "./_options.ts";

/** Options for {@linkcode json}. */
export interface JsonOptions {
  /**
   * Whether whole numbers beyond ±(2^53 - 1) are bigints, written as plain numbers. A smaller bigint is written too, and read as a number: the wire does not tell them apart.
   *
   * @default {false, and a bigint is refused}
   */
  readonly bigint?: boolean;
  /**
   * Where dates are, in the form of `toISOString()`: under these names, or anywhere. A string of exactly that form is refused there, because it would be read as a date.
   *
   * @default {false, and a date is read as a string}
   */
  readonly dates?: boolean | readonly string[];
  /** Changes what is written, as of `JSON.stringify`. Without it nothing is changed. */
  readonly replacer?: (name: string, value: unknown) => unknown;
  /** Changes what is read, as of `JSON.parse`, after dates and bigints. Without it nothing is changed. */
  readonly reviver?: (name: string, value: unknown) => unknown;
}

const read = utf8Reader(false);

type Replacer = (
  this: Record<string, unknown>,
  name: string,
  value: unknown,
) => unknown;
type Reviver = (name: string, value: unknown, context: Source) => unknown;
type Parse = (text: string, reviver?: Reviver) => unknown;
// The third argument of a reviver is younger than the compiler's declarations.
const parse = JSON.parse as Parse;

function kindsOf({ bigint = false, dates = false }: JsonOptions): JsonKinds {
  if (typeof dates === "boolean") return { bigint, isDate: () => dates };
  const names = new Set(dates);
  return { bigint, isDate: (name) => names.has(name) };
}

function replacerOf(options: JsonOptions): Replacer | undefined {
  const { bigint, dates, replacer } = options;
  if (!bigint && !dates) return replacer;
  const kinds = kindsOf(options);
  return function (name, value) {
    // A date has become a string before a replacer sees it.
    const original = this[name];
    const replaced = replacer === undefined ? value : replacer(name, value);
    return writesKinds(kinds, name, original, replaced);
  };
}

function reviverOf(options: JsonOptions): Reviver | undefined {
  const { bigint, dates, reviver } = options;
  if (!bigint && !dates) return reviver;
  const kinds = kindsOf(options);
  return (name, value, context) => {
    const found = readsKinds(kinds, name, value, context);
    return reviver === undefined ? found : reviver(name, found);
  };
}

/**
 * Makes a codec of JSON in UTF-8.
 *
 * Without options it is what a channel uses by default. What JSON has no word for becomes what `JSON.stringify` makes of it: NaN is null.
 *
 * @example Dates and large numbers
 * ```ts
 * import assert from "node:assert/strict";
 * import { json } from "@ruststream/codecs/json";
 * import { headers } from "@ruststream/core/contract";
 *
 * const codec = json({ bigint: true, dates: ["at"] });
 * const order = { id: 2n ** 60n, at: new Date(0) };
 * const { body } = codec.encode(order);
 * assert.deepEqual(codec.decode({ body, headers: headers() }), order);
 * ```
 *
 * @throws {TypeError} If there is no such option.
 */
export function json(options: JsonOptions = {}): Codec {
  checkNames("json", options, ["bigint", "dates", "replacer", "reviver"]);
  const replacer = replacerOf(options);
  const reviver = reviverOf(options);
  return Object.freeze({
    contentType: "application/json",
    encode(value: unknown): Encoded {
      const written: string | undefined = JSON.stringify(value, replacer);
      if (written !== undefined) return { body: toUtf8(written) };
      throw new TypeError(
        `Cannot encode a payload as JSON: found ${typeof value}`,
      );
    },
    decode: ({ body }: Encodable): unknown => parse(read(body), reviver),
  });
}
