import {
  type AddressPattern,
  type AddressToken,
  parseAddress,
} from "../contract/address.ts";
import type { PlannedSubscription } from "./plan.ts";

/** What one subscription reads, and what its handlers declare that they publish to. */
export interface Flow {
  /** The broker's name. */
  readonly broker: string;
  readonly reads: AddressPattern;
  readonly writes: readonly AddressPattern[];
}

/** What the subscribers of one subscription declare. */
export function flowOf(
  broker: string,
  subscription: PlannedSubscription,
): Flow {
  const [{ pattern }] = subscription;
  const writes = subscription.flatMap(({ definition: { options }, policy }) => [
    options.reply,
    policy.deadLetter,
    ...Object.values(options.out ?? {}).map(({ channel }) => channel),
  ]);
  return {
    broker,
    reads: pattern,
    writes: writes.flatMap((channel) =>
      channel === undefined ? [] : [parseAddress(channel.address)]
    ),
  };
}

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

function feeds(from: Flow, to: Flow): boolean {
  return from.broker === to.broker &&
    from.writes.some((written) => overlap(written, to.reads));
}

/** All that leads there, over however many others. */
function allUpstream(
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

/**
 * Says for each subscription which others must be at rest before it is drained, so that what they still publish is handled.
 *
 * Those that feed each other in a circle wait for none of that circle.
 */
export function upstreamOf(
  flows: readonly Flow[],
): readonly (readonly number[])[] {
  const direct = flows.map((to) =>
    flows.flatMap((from, index) =>
      from !== to && feeds(from, to) ? [index] : []
    )
  );
  const upstream = flows.map((_, index) => allUpstream(direct, index));
  return upstream.map((all, index) =>
    [...all].filter((from) => from !== index && !upstream[from]?.has(index))
  );
}
