import type { AddressPattern } from "../contract/address.ts";
import { destinationsOf, type Destined } from "./destinations.ts";
import { allUpstream, overlap } from "./overlap.ts";
import type { PlannedSubscription } from "./planned.ts";

/** What one subscription reads, and what its handlers declare to publish. */
export interface Flow {
  /** The name of the broker that is read. */
  readonly broker: string;
  readonly reads: AddressPattern;
  readonly writes: readonly Pick<Destined, "address" | "broker">[];
}

/** What the subscribers of one subscription declare. */
export function flowOf(
  broker: string,
  subscription: PlannedSubscription,
): Flow {
  const [{ pattern }] = subscription;
  return {
    broker,
    reads: pattern,
    writes: subscription.flatMap((planned) =>
      destinationsOf({ broker, planned })
    ),
  };
}

function feeds(from: Flow, to: Flow): boolean {
  return from.writes.some(({ broker, address }) =>
    broker === to.broker && overlap(address, to.reads)
  );
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
