import type { AddressPattern } from "./address.ts";
import type { SubscribeOptions } from "./broker.ts";
import { MessagingError } from "./errors.ts";
import type { Guarantees } from "./guarantees.ts";

/**
 * Refuses a subscription that a broker does not promise: what each subscribe begins with, once the connection is known to be open.
 *
 * @example A broker without groups refuses one
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkSubscribe, parseAddress } from "@ruststream/core/contract";
 *
 * const orders = parseAddress("orders.{id}");
 * const guarantees = { groups: false, patterns: true };
 * checkSubscribe(orders, {}, guarantees);
 * assert.throws(() => checkSubscribe(orders, { group: "billing" }, guarantees), { code: "unsupported" });
 * ```
 *
 * @throws {TypeError} If the group is not a string with something in it.
 * @throws {MessagingError} `unsupported` for a group where `groups` is false, and for an address with parameters where `patterns` is false.
 */
export function checkSubscribe(
  { template, tokens }: AddressPattern,
  { group }: SubscribeOptions,
  { groups, patterns }: Pick<Guarantees, "groups" | "patterns">,
): void {
  if (group !== undefined && (typeof group !== "string" || group === "")) {
    throw new TypeError(
      `Cannot subscribe to "${template}": expected the group to be a string with something in it, found ${
        JSON.stringify(group)
      }`,
    );
  }
  if (group !== undefined && !groups) {
    throw new MessagingError(
      "unsupported",
      `Cannot subscribe to "${template}": it asks for the group "${group}", and groups are not shared here`,
    );
  }
  if (!patterns && tokens.some(({ kind }) => kind !== "literal")) {
    throw new MessagingError(
      "unsupported",
      `Cannot subscribe to "${template}": it has parameters, and one subscription reads one address here`,
    );
  }
}
