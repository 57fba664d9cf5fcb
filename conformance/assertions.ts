import { type ErrorCode, isMessagingError } from "@ruststream/core/contract";
import { unmet } from "./conformance_error.ts";

/** Fails unless a condition holds. `what` says what was looked at. */
export function holds(
  condition: boolean,
  what: string,
  expected: unknown = "that it holds",
  found: unknown = "that it does not",
): void {
  if (!condition) throw unmet(what, expected, found);
}

/** Fails unless two plain values are alike: the same primitives, lists and records of such, bytes. */
export function alike(found: unknown, expected: unknown, what: string): void {
  if (!same(found, expected)) throw unmet(what, expected, found);
}

function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (
    typeof one !== "object" || typeof other !== "object" || one === null ||
    other === null
  ) return false;
  if (one instanceof Error || other instanceof Error) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length &&
    Array.isArray(one) === Array.isArray(other) &&
    keys.every((key) =>
      Object.hasOwn(other, key) &&
      same(one[key as keyof typeof one], other[key as keyof typeof other])
    );
}

/** How something ended. */
export type Ending<T = unknown> =
  | { readonly kind: "resolved"; readonly value: T }
  | { readonly kind: "rejected"; readonly reason: unknown };

/** Fails unless something was rejected with one of these codes. */
export function failedWith(
  ending: Ending,
  what: string,
  ...codes: readonly ErrorCode[]
): void {
  const expected = `a rejection with ${codes.join(" or ")}`;
  if (ending.kind === "resolved") {
    throw unmet(what, expected, "that it resolved");
  }
  const { reason } = ending;
  if (!codes.some((code) => isMessagingError(reason, code))) {
    throw unmet(what, expected, reason);
  }
}

/** Fails unless something was rejected with this very reason. */
export function failedBecause(
  ending: Ending,
  reason: unknown,
  what: string,
): void {
  if (ending.kind === "resolved") {
    throw unmet(what, reason, "that it resolved");
  }
  if (ending.reason !== reason) {
    throw unmet(
      what,
      "the very reason of the signal",
      ending.reason,
    );
  }
}

/** Fails unless something was rejected, with whatever. */
export function failed(ending: Ending, what: string): void {
  if (ending.kind === "resolved") {
    throw unmet(what, "a rejection", "that it resolved");
  }
}

/** Fails unless something resolved. */
export function resolved<T>(ending: Ending<T>, what: string): T {
  if (ending.kind === "rejected") {
    throw unmet(what, "that it resolves", ending.reason);
  }
  return ending.value;
}
