import type { AddressPattern } from "./address.ts";
import type { Clock } from "./clock.ts";
import type { Guarantees } from "./guarantees.ts";
import type { Publisher } from "./publisher.ts";
import type { Subscription } from "./subscription.ts";

/** What happens to a connection. Nothing is only logged. */
export type BrokerEvent =
  | {
    /** What happened. */
    readonly kind:
      | "connected"
      | "disconnected"
      | "reopened"
      | "slow"
      | "lame-duck";
    /** In words, if there is more to say. */
    readonly detail?: string;
    /** The error beneath it, if there is one. */
    readonly cause?: unknown;
  }
  | {
    /** Messages that will not arrive. */
    readonly kind: "dropped" | "lost";
    /** How many. */
    readonly count: number;
    /** In words, if there is more to say. */
    readonly detail?: string;
  };

/** Options for {@linkcode Broker.connect}. */
export interface ConnectOptions {
  /** Gives up connecting when aborted. By default the broker's own limits do. */
  readonly signal?: AbortSignal;
  /**
   * Time for everything on this connection.
   *
   * @default {systemClock}
   */
  readonly clock?: Clock;
  /** Told what happens to the connection. By default nobody is. */
  readonly report?: (event: BrokerEvent) => void;
}

/** Options for {@linkcode Connection.subscribe}. */
export interface SubscribeOptions {
  /** Shares the deliveries with the other members of the group; where {@linkcode Guarantees.groups} is false, subscribing rejects with `unsupported`. By default each subscription gets each message. */
  readonly group?: string;
  /** Ends the subscription when aborted, as a cancel does. By default only the caller does. */
  readonly signal?: AbortSignal;
  /** How many will be in hand at once: what to fetch ahead. By default the broker decides. */
  readonly concurrency?: number;
  /** The cap that the runtime keeps, for a broker that shows it. Without one attempts are unlimited; a broker's own cap is its user's to set. */
  readonly maxAttempts?: number;
}

/** What a document may hold of a protocol, by its name. */
export type Bindings = Readonly<Record<string, unknown>>;

/** A server, as a document shows it. Credentials are never in it. */
export interface ServerDescription {
  /** Host and port. */
  readonly host: string;
  /** The protocol's name in AsyncAPI. */
  readonly protocol: string;
  /** The path, where the protocol has one. */
  readonly pathname?: string;
  /** The protocol's version, where it is known. */
  readonly protocolVersion?: string;
  /** What the protocol adds. */
  readonly bindings?: Bindings;
}

/**
 * Settings of a broker. Making one does no I/O, reads no environment and starts no timer.
 */
export interface Broker<C extends Connection = Connection> {
  /** Tells brokers of one application apart. */
  readonly name: string;
  /** The least that each subscription promises; an open one may promise more. */
  readonly guarantees: Guarantees;
  /** Its servers, for documents. None for a broker inside this process. */
  describe(): readonly ServerDescription[];
  /** Connects, and obeys the signal while it does. A second call makes a second connection. */
  connect(options?: ConnectOptions): Promise<C>;
  /** The same broker inside this process, for tests; it answers as the real one does. */
  inProcess?(): Promise<Broker<C>>;
}

/**
 * A live broker. Disposing it is {@linkcode Connection.shutdown}.
 *
 * Whatever was made of it and is used after shutdown (publisher, subscription, settle, request) rejects at once with `closed`; it never succeeds quietly.
 */
export interface Connection extends AsyncDisposable {
  /** The truth of this moment. */
  readonly state: "connected" | "reconnecting" | "closed";
  /**
   * The default way to subscribe: each subscription gets each message, those of one group share. Resolves once no later publish can be missed.
   *
   * 1. An address with parameters rejects with `unsupported` where {@linkcode Guarantees.patterns} is false.
   * 2. Two addresses never share a message: what tells them apart (case, a `/`, what is not ASCII, their ends) is kept, or both subscribing and publishing reject.
   */
  subscribe(
    address: AddressPattern,
    options?: SubscribeOptions,
  ): Promise<Subscription>;
  /** The default publisher, of raw messages. */
  readonly publisher: Publisher;
  /** Resolves when the connection is gone for good: with undefined after shutdown, else with the cause. */
  readonly closed: Promise<Error | undefined>;
  /** Flushes what was published and settled, gives back what was not settled, and lets go: each publish has ended, and no timer is left. A second call resolves. */
  shutdown(): Promise<void>;
}
