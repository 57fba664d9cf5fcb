import type { AddressPattern } from "@ruststream/core/contract";

/** The subject of an address template: `orders.{id}.{rest+}` → `orders.*.>`. */
export function subjectOf({ tokens }: AddressPattern): string {
  return tokens.map((token) =>
    token.kind === "literal" ? token.text : token.kind === "one" ? "*" : ">"
  ).join(".");
}
