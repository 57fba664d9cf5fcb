/**
 * Fields beside the body. Names compare without case, keep the case they were written with, and may repeat.
 */
export interface MessageHeaders extends Iterable<readonly [string, string]> {
  /** The first value under a name; `undefined` where there is none. */
  get(name: string): string | undefined;
  /** Every value under a name, in the order written. */
  getAll(name: string): readonly string[];
  /** Whether there is a field of that name. */
  has(name: string): boolean;
}

/** What {@linkcode headers} takes: a record whose values may be lists, or pairs. */
export type HeadersInput =
  | Readonly<Record<string, string | readonly string[]>>
  | Iterable<readonly [string, string]>;

// Printable ASCII but the colon, and at least one character: what HTTP-like wire formats can carry.
const lawfulName = /^[!-9;-~]+$/;
const lawlessValue = /[\r\n\0]/;

/** Names and values in turn, private and never changed: pairs are made for whoever looks at them, since to freeze one costs more than all the rest of a header. */
class FieldList implements MessageHeaders {
  readonly #flat: readonly string[];
  readonly #delivered: boolean;

  constructor(flat: readonly string[], delivered = false) {
    this.#flat = flat;
    this.#delivered = delivered;
  }

  /** Whether they came with a delivery. */
  get delivered(): boolean {
    return this.#delivered;
  }

  /** The same fields as those of a delivery. */
  asDelivered(): FieldList {
    return this.#delivered ? this : new FieldList(this.#flat, true);
  }

  get(name: string): string | undefined {
    const wanted = name.toLowerCase();
    const flat = this.#flat;
    for (let at = 0; at < flat.length; at += 2) {
      if (flat[at]?.toLowerCase() === wanted) return flat[at + 1];
    }
    return undefined;
  }

  getAll(name: string): readonly string[] {
    const wanted = name.toLowerCase();
    return this.#flat.filter((_value, at) =>
      at % 2 === 1 && this.#flat[at - 1]?.toLowerCase() === wanted
    );
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  [Symbol.iterator](): Iterator<readonly [string, string]> {
    const flat = this.#flat;
    const pairs: (readonly [string, string])[] = [];
    for (let at = 0; at < flat.length; at += 2) {
      pairs.push([flat[at] as string, flat[at + 1] as string]);
    }
    return pairs.values();
  }
}

const empty: MessageHeaders = Object.freeze(new FieldList([]));

function* pairs(init: HeadersInput): Iterable<readonly [string, string]> {
  if (typeof (init as Iterable<unknown>)[Symbol.iterator] === "function") {
    yield* init as Iterable<readonly [string, string]>;
    return;
  }
  for (const [name, value] of Object.entries(init)) {
    if (typeof value === "string") yield [name, value];
    else if (Array.isArray(value)) {
      for (const one of value as readonly string[]) yield [name, one];
    } else yield [name, value as string];
  }
}

/**
 * Makes the headers of a message. The input is copied, so later changes to it do not show.
 *
 * @example Names compare without case, and may repeat
 * ```ts
 * import assert from "node:assert/strict";
 * import { headers } from "@ruststream/core/contract";
 *
 * const fields = headers({ "X-Trace": "1", tag: ["a", "b"] });
 * assert.equal(fields.get("x-trace"), "1");
 * assert.deepEqual(fields.getAll("tag"), ["a", "b"]);
 * ```
 *
 * @throws {TypeError} If a name is empty or holds a space, a colon or a character outside ASCII, or a value is not a string or holds CR, LF or NUL.
 */
export function headers(init?: HeadersInput): MessageHeaders {
  if (init === undefined) return empty;
  if (init instanceof FieldList) return init;
  const flat: string[] = [];
  // A list is its own pairs: to ask a generator for them costs more than to check them.
  const found: Iterable<readonly [string, string]> = Array.isArray(init)
    ? init
    : pairs(init);
  for (const [name, value] of found) {
    if (typeof name !== "string" || !lawfulName.test(name)) {
      throw new TypeError(
        `Cannot use header name ${
          JSON.stringify(name)
        }: expected printable ASCII without space or colon`,
      );
    }
    if (typeof value !== "string" || lawlessValue.test(value)) {
      throw new TypeError(
        `Cannot use header "${name}": expected a string without CR, LF or NUL, found ${
          JSON.stringify(value)
        }`,
      );
    }
    flat.push(name, value);
  }
  return flat.length === 0 ? empty : new FieldList(flat);
}

/** Headers of one field that the runtime made itself, name and value: to check those again costs more than to make them. */
export function ownHeader(name: string, value: string): MessageHeaders {
  return new FieldList([name, value]);
}

/**
 * The same headers, known as those of a delivery: who publishes them again means what a user wrote, so the runtime leaves out their `message-id` and what is reserved. In headers that are written by hand the one stays, and the other is refused.
 *
 * For brokers, on the messages that they hand out, where {@linkcode headers} has made the headers. Those of a class of the broker's own count as a delivery's by themselves.
 *
 * @example Headers of a message that came
 * ```ts
 * import assert from "node:assert/strict";
 * import { deliveredHeaders, headers } from "@ruststream/core/contract";
 *
 * const came = deliveredHeaders(headers([["x-trace", "7"]]));
 * assert.equal(came.get("x-trace"), "7");
 * ```
 */
export function deliveredHeaders(fields: MessageHeaders): MessageHeaders {
  return fields instanceof FieldList ? fields.asDelivered() : fields;
}

/** Whether fields are those of a delivery. URLSearchParams and FormData have the same methods to look, and others to write: those are written by hand. */
export function isDelivered(input: HeadersInput): input is MessageHeaders {
  if (input instanceof FieldList) return input.delivered;
  const { get, getAll, has } = input as Partial<MessageHeaders>;
  return [get, getAll, has].every((look) => typeof look === "function") &&
    !("append" in input);
}
