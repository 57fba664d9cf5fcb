import type {
  Broker,
  Connection,
  ConnectOptions,
  Delivery,
  Publisher,
  SubscribeOptions,
  Subscription,
} from "../contract/mod.ts";

/** How batches of a subscription are opened. */
export type OpenBatches = (max: number) => ReadableStream<readonly Delivery[]>;

/** What a fault knows of the subscription that a delivery came by. */
export interface FaultySubscription {
  /** The connection beneath. */
  readonly connection: Connection;
  /** The subscription beneath. */
  readonly subscription: Subscription;
  /** What it was opened with. */
  readonly options: SubscribeOptions;
  /** Deliveries that were handed out, as they are beneath. */
  readonly handedOut: Delivery[];
}

/** One way to break a broker: members that stand in for those of the real objects. What is not named works as it did. */
export interface Fault {
  /** What is wrong, in one sentence. */
  readonly breaks: string;
  /** Stands in for members of the broker. */
  broker?(broker: Broker): object;
  /** Stands in for members of a connection. */
  connection?(connection: Connection, made: ConnectOptions): object;
  /** Stands in for members of a publisher. */
  publisher?(publisher: Publisher, connection: Connection): object;
  /** Stands in for members of a subscription. */
  subscription?(subscription: Subscription, of: FaultySubscription): object;
  /** Opens batches in another way. */
  batches?(open: OpenBatches): OpenBatches;
  /** Stands in for members of a reader, of either face. */
  reader?(
    reader: ReadableStreamDefaultReader<unknown>,
    of: FaultySubscription,
  ): object;
  /** Stands in for members of a delivery. */
  delivery?(delivery: Delivery, of: FaultySubscription): object;
}
