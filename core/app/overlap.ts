import type { AddressPattern, AddressToken } from "../contract/address.ts";

function mayBeSame(one: AddressToken, other: AddressToken): boolean {
  return one.kind !== "literal" || other.kind !== "literal" ||
    one.text === other.text;
}

/** Whether some address fits both templates. */
export function overlap(
  { tokens: one }: AddressPattern,
  { tokens: other }: AddressPattern,
): boolean {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at++) {
    const [a, b] = [one[at], other[at]];
    if (a === undefined || b === undefined || !mayBeSame(a, b)) return false;
    if (a.kind === "many" || b.kind === "many") return true;
  }
  return one.length === other.length;
}

/** All that leads there, over however many others. */
export function allUpstream(
  direct: readonly (readonly number[])[],
  of: number,
): ReadonlySet<number> {
  const found = new Set<number>();
  const open = [of];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const from of direct[next] ?? []) {
      if (found.has(from)) continue;
      found.add(from);
      open.push(from);
    }
  }
  return found;
}
