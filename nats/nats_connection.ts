import type {
  AddressPattern,
  Connection,
  SubscribeOptions,
} from "@ruststream/core/contract";
import type { NativeConnection } from "./native.ts";
import type { NatsPublisher } from "./publisher.ts";
import type { NatsSubscription } from "./subject_types.ts";

/** A live connection to NATS servers. It connects again by itself, and its subscriptions with it. */
export interface NatsConnection extends Connection {
  /** The client beneath: for what this module does not do. Closing it is a lost connection. */
  readonly nats: NativeConnection;
  /** Publishes by core NATS, and asks. */
  readonly publisher: NatsPublisher;
  /** Subscribes by core NATS; a group is a queue group. */
  subscribe(
    address: AddressPattern,
    options?: SubscribeOptions,
  ): Promise<NatsSubscription>;
}
