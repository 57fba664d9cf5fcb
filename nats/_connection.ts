import {
  type AddressPattern,
  BaseConnection,
  type Connection,
  MessagingError,
  type SubscribeOptions,
} from "@ruststream/core/contract";
import type { NatsConnection as NativeConnection } from "@nats-io/nats-core";
import { CoreSubscription } from "./_core_subscription.ts";
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

  /** The client beneath. */
  get nats(): NativeConnection {
    return this.#session.nc;
  }

  subscribe(
    address: AddressPattern,
    options: SubscribeOptions = {},
  ): Promise<NatsSubscription> {
    return CoreSubscription.open(this.#session, address, options);
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
