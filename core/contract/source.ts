import type { Bindings, Connection, SubscribeOptions } from "./broker.ts";
import type { AnyChannel } from "./channel.ts";
import type { Guarantees } from "./guarantees.ts";
import type { Publisher } from "./publisher.ts";
import type { Subscription } from "./subscription.ts";

/** A subscription that a bare address cannot say. Brokers export functions that make these; making one does no I/O. */
export interface Source<
  in C,
  Ch extends AnyChannel = AnyChannel,
  S extends Subscription = Subscription,
> {
  /** What is read. */
  readonly channel: Ch;
  /** The least that the subscription promises. */
  readonly guarantees: Guarantees;
  /** Opens the subscription. Resolves once no later publish can be missed. */
  open(connection: C, options?: SubscribeOptions): Promise<S>;
  /** What a document may hold of it. */
  readonly bindings?: { readonly operation?: Bindings };
}

/** How a declared destination is published on one kind of broker. Making one does no I/O. */
export interface Sink<in C = Connection, P extends Publisher = Publisher> {
  /** Opens the publisher. */
  open(connection: C): Promise<P>;
}
