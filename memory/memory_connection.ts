import type {
  AddressPattern,
  Backlog,
  Batches,
  Connection,
  Delivery,
  KeepOptions,
  Keeps,
  KeptMessages,
  KeptOptions,
  Message,
  Pausable,
  Publisher,
  Requests,
  RequestsMany,
  Schedules,
  Seekable,
  SubscribeOptions,
  Subscription,
  Transaction,
  Transacts,
} from "@ruststream/core/contract";

/** A place in the order of all messages of one broker object. Plain data: it survives being written down, not the broker that it is of. */
export interface MemoryPosition {
  /** The message's number. */
  readonly sequence: number;
}

/**
 * Where to begin in a log: its oldest message, behind its newest, the message at a position, or the first that was published at a time or later.
 *
 * A place behind the newest is where the next message will be.
 */
export type MemoryLogStart = "start" | "end" | MemoryPosition | Date;

/** A message on its way to one subscriber of a memory broker: what a {@linkcode Delivery} may have, a memory broker's has. */
export interface MemoryDelivery extends Delivery {
  /** The message's number on its broker: the same for everyone who gets it, and each time. */
  readonly id: string;
  /** 1 for the first delivery. Only a retry and a passed deadline count. */
  readonly attempt: number;
  /** When the message was published. */
  readonly publishedAt: Date;
  /** Where the message is in the log, for as long as the broker retains it. */
  readonly position: MemoryPosition;
}

/** Deliveries of one subscription to a memory broker. */
export interface MemorySubscription
  extends Subscription<MemoryDelivery>, Batches<MemoryDelivery>, Pausable {
  /** What waits in this subscription's queue, or in that of its group. */
  backlog(): Promise<Backlog>;
  /**
   * Stops intake: reads wait, and what they had asked for goes back. A drain ends it. Of a subscription that has ended it does nothing.
   *
   * @throws {MessagingError} `closed`, if the connection is closed.
   */
  pause(): void;
  /**
   * Starts intake again.
   *
   * @throws {MessagingError} `closed`, if the connection is closed.
   */
  resume(): void;
}

/** Deliveries of what a memory broker retains, and then of what comes. */
export interface MemoryLogSubscription
  extends MemorySubscription, Seekable<MemoryLogStart> {
  /**
   * Goes on from another place: that message, and then all later ones that are retained, each with its attempts counted anew.
   *
   * What waited here and what was handed out and not settled is forgotten; settling that rejects with `refused`.
   *
   * Rejects with `refused` where the log does not hold the position, and stays where it was; with `closed` where the subscription has ended or the
   * connection is closed; with the signal's reason where it is aborted already. It waits for nothing.
   */
  seek(
    position: MemoryLogStart,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;
}

/** Options for {@linkcode MemoryConnection.readLog}. */
export interface MemoryReadLogOptions {
  /**
   * Where to begin.
   *
   * @default {"start"}
   */
  readonly from?: MemoryLogStart;
  /** Ends the subscription when aborted, as a cancel does. By default only the caller does. */
  readonly signal?: AbortSignal;
}

/**
 * Messages that become visible together: nothing is between them, and all or none of them is there.
 *
 * Each is checked and copied at once, and goes to all who are subscribed when they are committed. It holds as many as a queue may; one more
 * rejects with `too-large`. It ends with its connection too. Used after its end it rejects with `closed`.
 */
export interface MemoryTransaction extends Transaction {
  /** A resolved publish was taken, and is in no queue before the commit. */
  readonly confirms: "received";
  /**
   * Publishes all of them, once there is room for all; for that it waits as a publish does. One that fails with `overloaded`, or for its own
   * signal, has published nothing, and may be tried again.
   */
  commit(options?: { readonly signal?: AbortSignal }): Promise<void>;
}

/**
 * Sends messages to all who are subscribed at that moment.
 *
 * A publish returns nothing, and no promise, while each queue that the message goes to has room. Else it waits for its turn, and holds up later
 * publishes to those queues only. A message that nobody is subscribed to is taken, and reaches nobody.
 */
export interface MemoryPublisher
  extends
    Publisher<unknown, void>,
    Requests,
    RequestsMany,
    Transacts,
    Schedules {
  /** A resolved publish is in every queue that it goes to. */
  readonly confirms: "stored";
  /** Opens a transaction; any number may be open at once. An abort discards it, at any time before it is committed. */
  begin(
    options?: { readonly signal?: AbortSignal },
  ): Promise<MemoryTransaction>;
  /**
   * Keeps a message, checked and copied, and publishes it when its time has come on this connection's clock; now, if that is past.
   *
   * When this connection is shut down before, it is on another's clock; while the broker has none, it waits for the next one. Then it waits for
   * room without end. As many as a queue holds may wait; one more rejects with `overloaded`. An abort takes back only what is due already and
   * waits for room.
   */
  schedule(
    message: Message,
    at: Date,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;
}

/** A live connection to a memory broker. All connections of one broker see the same messages. */
export interface MemoryConnection extends Connection, Requests, Keeps<void> {
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
  /**
   * Reads what the broker retains of the addresses of a template, in the order published, and then what comes.
   *
   * Rejects with `unsupported` where the broker retains nothing, else as {@linkcode subscribe} and {@linkcode MemoryLogSubscription.seek} do.
   */
  readLog(
    address: AddressPattern,
    options?: MemoryReadLogOptions,
  ): Promise<MemoryLogSubscription>;
  /**
   * Looks at what the broker retains of the addresses of a template. What waits for a subscription is there apart from that: removing takes nothing
   * from it.
   *
   * Rejects with `unsupported` where the broker retains nothing.
   */
  kept(
    address: AddressPattern,
    options?: KeptOptions,
  ): Promise<KeptMessages>;
  /** Publishes a message as {@linkcode MemoryPublisher.publish} does. Rejects with `unsupported` where the broker retains nothing. No message is dropped for its id. */
  keep(message: Message, options?: KeepOptions): Promise<void>;
}
