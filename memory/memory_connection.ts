import type {
  AddressPattern,
  Backlog,
  Batches,
  Connection,
  Delivery,
  Publisher,
  Requests,
  SubscribeOptions,
  Subscription,
} from "@ruststream/core/contract";

/** A message on its way to one subscriber of a memory broker: what a {@linkcode Delivery} may have, a memory broker's has. */
export interface MemoryDelivery extends Delivery {
  /** The message's number on its broker: the same for everyone who gets it, and each time. */
  readonly id: string;
  /** 1 for the first delivery. Only a retry and a passed deadline count. */
  readonly attempt: number;
  /** When the message was published. */
  readonly publishedAt: Date;
}

/** Deliveries of one subscription to a memory broker. */
export interface MemorySubscription
  extends Subscription<MemoryDelivery>, Batches<MemoryDelivery> {
  /** What waits in this subscription's queue, or in that of its group. */
  backlog(): Promise<Backlog>;
}

/**
 * Sends messages to all who are subscribed at that moment.
 *
 * A publish returns nothing, and no promise, while each queue that the message goes to has room. Else it waits for its turn, and holds up later
 * publishes to those queues only. A message that nobody is subscribed to is taken, and reaches nobody.
 */
export interface MemoryPublisher extends Publisher<unknown, void>, Requests {
  /** A resolved publish is in every queue that it goes to. */
  readonly confirms: "stored";
}

/** A live connection to a memory broker. All connections of one broker see the same messages. */
export interface MemoryConnection extends Connection, Requests {
  /** Publishes, and asks. */
  readonly publisher: MemoryPublisher;
  /**
   * Subscribes to an address, alone or in a group, from the very moment of the call.
   *
   * Rejects with `refused` for addresses that replies go to, and with the signal's reason where it is aborted already; a later abort cancels.
   */
  subscribe(
    address: AddressPattern,
    options?: SubscribeOptions,
  ): Promise<MemorySubscription>;
}
