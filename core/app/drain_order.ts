import { type AddressPattern, parseAddress } from "../contract/address.ts";
import { allUpstream, overlap } from "./overlap.ts";
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

function feeds(from: Flow, to: Flow): boolean {
  return from.broker === to.broker &&
    from.writes.some((written) => overlap(written, to.reads));
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
