import type {
  AddressPattern,
  Connection,
  KeepOptions,
  Keeps,
  KeptMessages,
  KeptOptions,
  Message,
  SubscribeOptions,
} from "@ruststream/core/contract";
import type { JetStreamReceipt } from "./jetstream/publisher.ts";
import type { NativeConnection, NativeJetStream } from "./native.ts";
import type { NatsPublisher } from "./publisher.ts";
import type { NatsSubscription } from "./subject_types.ts";

/** A live connection to NATS servers. It connects again by itself, and its subscriptions with it. */
export interface NatsConnection extends Connection, Keeps<JetStreamReceipt> {
  /** The client beneath: for what this module does not do. Closing it is a lost connection. In process there is none, and asking for it throws a `MessagingError`, `unsupported`. */
  readonly nats: NativeConnection;
  /** The client's JetStream on that, for what this module does not do; loaded when it is first asked for. It is of the domain, or under the prefix, that the broker has. Rejects with `unsupported` where JetStream does not answer, with `closed` after shutdown. */
  nativeJetStream(): Promise<NativeJetStream>;
  /** Publishes by core NATS, and asks. */
  readonly publisher: NatsPublisher;
  /** Subscribes by core NATS; a group is a queue group. */
  subscribe(
    address: AddressPattern,
    options?: SubscribeOptions,
  ): Promise<NatsSubscription>;
  /** Looks at what streams hold of an address, without a consumer. Rejects with `refused` where no stream takes it, with `unsupported` where JetStream is off. */
  kept(
    address: AddressPattern,
    options?: KeptOptions,
  ): Promise<KeptMessages>;
  /** Publishes to whatever stream takes the message, and resolves once it is stored. Its `dedupeId` is the message's id in the duplicate window of that stream. */
  keep(message: Message, options?: KeepOptions): Promise<JetStreamReceipt>;
}
