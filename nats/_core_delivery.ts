import {
  type Awaitable,
  type Delivery,
  type Guarantees,
  type Message,
  MessagingError,
  type Settlement,
  SettleOnce,
} from "@ruststream/core/contract";
import type { Msg } from "@nats-io/nats-core";
import { coreGuarantees } from "./_guarantees.ts";
import { messageOf } from "./keys.ts";
import { headersOf, replyToOf } from "./wire_headers.ts";

/** Whose deliveries they are. */
export interface DeliveryOwner {
  /** Whether the connection was shut down. */
  readonly closed: boolean;
  /** Whether the subscription was disposed. */
  readonly disposed: boolean;
  /** A delivery has ended, or its end was refused for what core NATS cannot do. */
  settled(delivery: Delivery, settlement: Settlement): void;
}

/** A message as it came. The server knows nothing of what becomes of it. */
export class CoreDelivery extends SettleOnce {
  readonly message: Message;
  readonly replyTo?: string;
  readonly #owner: DeliveryOwner;

  /** `address` is where it was sent, where that is known without asking the message. */
  constructor(msg: Msg, address: string | undefined, owner: DeliveryOwner) {
    super();
    const reply = replyToOf(msg);
    this.message = messageOf(
      address ?? msg.subject,
      msg.data,
      headersOf(msg),
    );
    if (reply !== undefined) this.replyTo = reply;
    this.#owner = owner;
  }

  protected override get guarantees(): Guarantees {
    return coreGuarantees;
  }

  protected override isClosed(): boolean {
    return this.#owner.closed;
  }

  protected override lost(): string | undefined {
    return this.#owner.disposed ? "its subscription was disposed" : undefined;
  }

  protected override carryOut(settlement: Settlement): Awaitable<void> {
    this.#owner.settled(this, settlement);
    if (settlement.kind !== "release") return;
    throw new MessagingError(
      "unsupported",
      `Cannot settle delivery of "${this.message.address}": core NATS takes nothing back`,
    );
  }
}
