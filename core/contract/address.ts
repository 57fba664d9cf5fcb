/** One token of an address template: a literal, or a parameter for one token or for one and more. */
export type AddressToken =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "one" | "many"; readonly name: string };

/** An address template, parsed once: literals, `{one}` token, `{many+}` tokens at the end. */
export interface AddressPattern {
  /** As it was written. */
  readonly template: string;
  /** Its tokens, in order. */
  readonly tokens: readonly AddressToken[];
}

/** Names of the `{parameters}` of an address. */
export type ParameterNames<A extends string> = A extends
  `${string}{${infer P}}${infer R}`
  ? (P extends `${infer N}+` ? N : P) | ParameterNames<R>
  : never;

const parameter = /^\{([A-Za-z_][A-Za-z0-9_-]*)(\+?)\}$/;
// deno-lint-ignore no-control-regex -- control characters end a line or a field in wire formats
const lawless = /[\s{}*>\x00-\x1f\x7f]/;

function parseToken(template: string, text: string): AddressToken {
  if (text === "") {
    throw new TypeError(
      `Cannot use address ${JSON.stringify(template)}: it has an empty token`,
    );
  }
  const [, name, many] = parameter.exec(text) ?? [];
  if (name !== undefined) {
    return Object.freeze({ kind: many === "+" ? "many" : "one", name });
  }
  if (lawless.test(text)) {
    throw new TypeError(
      `Cannot use address ${JSON.stringify(template)}: the token ${
        JSON.stringify(text)
      } is neither a literal without spaces and wildcards nor one whole {parameter}`,
    );
  }
  return Object.freeze({ kind: "literal", text });
}

/**
 * Parses an address template.
 *
 * @example Literals, one token, and the rest
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseAddress } from "@ruststream/core/contract";
 *
 * assert.deepEqual(parseAddress("orders.{tenant}.{rest+}").tokens, [
 *   { kind: "literal", text: "orders" },
 *   { kind: "one", name: "tenant" },
 *   { kind: "many", name: "rest" },
 * ]);
 * ```
 *
 * @throws {TypeError} If a token is empty, holds a space or a wildcard, mixes a parameter with more text, is a name twice, or follows a `{many+}`.
 */
export function parseAddress(template: string): AddressPattern {
  const tokens = template.split(".").map((text) => parseToken(template, text));
  const names = new Set<string>();
  for (const [index, token] of tokens.entries()) {
    if (token.kind === "literal") continue;
    if (names.has(token.name)) {
      throw new TypeError(
        `Cannot use address "${template}": the parameter "${token.name}" is there twice`,
      );
    }
    names.add(token.name);
    if (token.kind === "many" && index < tokens.length - 1) {
      throw new TypeError(
        `Cannot use address "${template}": "{${token.name}+}" takes all that follows, so it must be the last token`,
      );
    }
  }
  return Object.freeze({ template, tokens: Object.freeze(tokens) });
}

function checkValue(
  template: string,
  token: AddressToken & { readonly name: string },
  value: unknown,
): string {
  if (value === undefined) {
    throw new TypeError(
      `Cannot fill address "${template}": the parameter "${token.name}" has no value`,
    );
  }
  const parts = typeof value !== "string"
    ? []
    : token.kind === "many"
    ? value.split(".")
    : [value];
  const lawful = parts.length > 0 &&
    parts.every((part) =>
      part !== "" && !part.includes(".") && !lawless.test(part)
    );
  if (!lawful) {
    throw new RangeError(
      `Cannot fill address "${template}": the parameter "${token.name}" must be ${
        token.kind === "many" ? "tokens joined by dots" : "one token"
      } without spaces and wildcards, found ${JSON.stringify(value)}`,
    );
  }
  return value as string;
}

/**
 * Fills the parameters of an address template.
 *
 * @example One parameter
 * ```ts
 * import assert from "node:assert/strict";
 * import { fillAddress, parseAddress } from "@ruststream/core/contract";
 *
 * assert.equal(fillAddress(parseAddress("orders.{tenant}"), { tenant: "acme" }), "orders.acme");
 * ```
 *
 * @throws {TypeError} If a parameter has no value, or a value is of no parameter.
 * @throws {RangeError} If a value would change the address: nothing, a space, a wildcard, or a dot where one token is meant.
 */
export function fillAddress(
  pattern: AddressPattern,
  params: Readonly<Record<string, string>> = {},
): string {
  const { template, tokens } = pattern;
  for (const name of Object.keys(params)) {
    if (!tokens.some((t) => t.kind !== "literal" && t.name === name)) {
      throw new TypeError(
        `Cannot fill address "${template}": it has no parameter "${name}"`,
      );
    }
  }
  return tokens
    .map((token) =>
      token.kind === "literal" ? token.text : checkValue(
        template,
        token,
        Object.hasOwn(params, token.name) ? params[token.name] : undefined,
      )
    )
    .join(".");
}

/**
 * Reads the parameters of an address by its template.
 *
 * @example What does not match gives undefined
 * ```ts
 * import assert from "node:assert/strict";
 * import { matchAddress, parseAddress } from "@ruststream/core/contract";
 *
 * const pattern = parseAddress("orders.{tenant}.{rest+}");
 * assert.deepEqual(matchAddress(pattern, "orders.acme.a.b"), { tenant: "acme", rest: "a.b" });
 * assert.equal(matchAddress(pattern, "orders.acme"), undefined);
 * ```
 */
export function matchAddress(
  pattern: AddressPattern,
  address: string,
): Readonly<Record<string, string>> | undefined {
  const found = address.split(".");
  if (found.includes("")) return undefined;
  const { tokens } = pattern;
  const last = tokens.at(-1);
  const open = last?.kind === "many";
  if (open ? found.length < tokens.length : found.length !== tokens.length) {
    return undefined;
  }
  const params: Record<string, string> = {};
  for (const [index, token] of tokens.entries()) {
    const text = found[index];
    if (text === undefined) return undefined;
    if (token.kind === "literal") {
      if (token.text !== text) return undefined;
    } else {
      params[token.name] = token.kind === "many"
        ? found.slice(index).join(".")
        : text;
    }
  }
  return params;
}
