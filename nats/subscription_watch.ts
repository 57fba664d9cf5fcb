import type {
  Delivery,
  Settlement,
  SubscribeOptions,
} from "@ruststream/core/contract";

/** Looks on at one subscription to core NATS, from its beginning to its end. */
export interface SubscriptionWatch {
  /** The server is asked for messages, in this very turn. */
  begins(): void;
  /** A delivery may be read from now on. */
  came(delivery: Delivery): void;
  /** These will never be read: there was no room, or nobody read them before the end. */
  gone(deliveries: readonly Delivery[]): void;
  /** A delivery has ended, or its end was refused for what core NATS cannot do. */
  settled(delivery: Delivery, settlement: Settlement): void;
  /** No more comes, but what is on its way: told before the server is, and once or more. */
  ends(): void;
  /** The subscription was disposed: what is not settled can no longer be. */
  disposed(): void;
}

/** Options of a subscription that is looked on at. */
export interface WatchedOptions extends SubscribeOptions {
  /** Who looks on. Without one nobody does. */
  readonly watch?: SubscriptionWatch | undefined;
}
