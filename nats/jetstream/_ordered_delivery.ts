import type { Awaitable, Guarantees } from "@ruststream/core/contract";
import { StreamDelivery } from "./_delivery.ts";
import type { OrderedDelivery } from "./delivery.ts";
import type { StreamPosition } from "./subscription.ts";

/** Whose delivery it is. */
export interface ReadingOwner {
  readonly options: {
    readonly hub: { readonly session: { readonly closed: boolean } };
    readonly guarantees: Guarantees;
  };
}

/** A message that nobody waits for the settlement of. */
export class ReadDelivery extends StreamDelivery implements OrderedDelivery {
  readonly #owner: ReadingOwner;

  constructor(
    owner: ReadingOwner,
    ...message: ConstructorParameters<typeof StreamDelivery>
  ) {
    super(...message);
    this.#owner = owner;
  }

  get position(): StreamPosition {
    return { sequence: this.sequence };
  }

  protected get guarantees(): Guarantees {
    return this.#owner.options.guarantees;
  }

  protected isClosed(): boolean {
    return this.#owner.options.hub.session.closed;
  }

  protected carryOut(): Awaitable<void> {}
}
