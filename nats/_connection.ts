import {
  type AddressPattern,
  BaseConnection,
  type Connection,
  type KeepOptions,
  type KeptMessages,
  type KeptOptions,
  type Message,
  MessagingError,
  type SubscribeOptions,
} from "@ruststream/core/contract";
import type { NatsConnection as NativeConnection } from "@nats-io/nats-core";
import { CoreSubscription } from "./_core_subscription.ts";
import { Keeper } from "./jetstream/keeper.ts";
import type { JetStreamReceipt } from "./jetstream/publisher.ts";
import { nativeOf } from "./inside/native.ts";
import { nativeJetStream } from "./_native_jet_stream.ts";
import type { NativeJetStream } from "./native.ts";
import type { NatsConnection } from "./nats_connection.ts";
import { CorePublisher } from "./_publisher.ts";
import type { NatsPublisher } from "./publisher.ts";
import type { Session } from "./session.ts";
import { setSession } from "./session_of.ts";
import type { NatsSubscription } from "./subject_types.ts";

/** A session, as users see it. */
export class LiveConnection extends BaseConnection implements NatsConnection {
  readonly publisher: NatsPublisher;
  readonly #session: Session;
  #keeper: Keeper | undefined;

  constructor(session: Session) {
    super();
    this.#session = session;
    this.publisher = new CorePublisher(session, "sent");
    setSession(this, session);
    const forget = session.onChange((change) => {
      if (change !== "closed") return;
      forget();
      if (super.state !== "closed") this.lose(causeOf(session));
    });
  }

  override get state(): Connection["state"] {
    if (this.#session.closed) return "closed";
    return this.#session.connected ? "connected" : "reconnecting";
  }

  get nats(): NativeConnection {
    return nativeOf(this.#session.nc);
  }

  nativeJetStream(): Promise<NativeJetStream> {
    return nativeJetStream(this.#session);
  }

  subscribe(
    address: AddressPattern,
    options: SubscribeOptions = {},
  ): Promise<NatsSubscription> {
    return CoreSubscription.open(this.#session, address, options);
  }

  kept(
    address: AddressPattern,
    options?: KeptOptions,
  ): Promise<KeptMessages> {
    return this.#keeps.kept(address, options);
  }

  keep(message: Message, options?: KeepOptions): Promise<JetStreamReceipt> {
    return this.#keeps.keep(message, options);
  }

  get #keeps(): Keeper {
    this.#keeper ??= new Keeper(this.#session);
    return this.#keeper;
  }

  protected override end(): Promise<void> {
    return this.#session.shutdown();
  }
}

function causeOf({ cause }: Session): Error {
  return cause ??
    new MessagingError(
      "connection",
      "Cannot stay connected: the client was closed",
    );
}
