import {
  type Guarantees,
  type Message,
  type Settlement,
  SettleOnce,
} from "@ruststream/core/contract";
import { least } from "./_guarantees.ts";
import type { Slotted } from "./_heap.ts";
import type { MemoryDelivery, MemoryPosition } from "./memory_connection.ts";
import type { Session } from "./_session.ts";

/** A message as the broker keeps it, one for all the queues it goes to. */
export class Letter {
  readonly message: Message;
  readonly replyTo: string | undefined;
  /** Set anew where it is taken before it is published: in a transaction, or for later. */
  publishedAtMs: number;
  /** Its place in the order of all messages; set when it is stored. */
  sequence = 0;

  constructor(
    message: Message,
    replyTo: string | undefined,
    publishedAtMs: number,
  ) {
    this.message = message;
    this.replyTo = replyTo;
    this.publishedAtMs = publishedAtMs;
  }
}

/** Who reads a queue. */
export interface Member {
  readonly session: Session;
  /** Whether it takes more. */
  readonly open: boolean;
  /** Deliveries that it has not handed to its reader yet. */
  readonly held: number;
  /** Deliveries it was given that are not settled yet; counted by the queue. */
  unsettled: number;
  /** Gives it a delivery; false if it takes no more. */
  push(delivery: QueuedDelivery): boolean;
  /** Told when it has nothing unsettled left. */
  emptied(): void;
}

/** Whose delivery it is. */
export interface DeliveryOwner {
  /** Carries out a lawful settlement; false where a retry could not come back, and nothing was done. */
  settle(delivery: QueuedDelivery, settlement: Settlement): boolean;
  extend(delivery: QueuedDelivery): boolean;
}

/** Waits in the queue; was given to a member; or is not the member's any more. */
export type DeliveryState = "waiting" | "given" | "gone";

/** One delivery, and its place in the lists of its queue: no list makes anything of its own for it. */
export class QueuedDelivery extends SettleOnce
  implements MemoryDelivery, Slotted {
  readonly letter: Letter;
  readonly owner: DeliveryOwner;
  readonly attempt: number;
  declare readonly replyTo?: string;
  state: DeliveryState = "waiting";
  member: Member | undefined = undefined;
  /** The deadline of a given one, the earliest time of one that waits. */
  due = 0;
  slot = -1;
  before: QueuedDelivery | undefined = undefined;
  after: QueuedDelivery | undefined = undefined;

  constructor(letter: Letter, owner: DeliveryOwner, attempt: number) {
    super();
    this.letter = letter;
    this.owner = owner;
    this.attempt = attempt;
    if (letter.replyTo !== undefined) this.replyTo = letter.replyTo;
  }

  get message(): Message {
    return this.letter.message;
  }

  get id(): string {
    return String(this.letter.sequence);
  }

  get position(): MemoryPosition {
    return { sequence: this.letter.sequence };
  }

  get publishedAt(): Date {
    return new Date(this.letter.publishedAtMs);
  }

  // All that a memory broker delivers may be retried, later too.
  protected get guarantees(): Guarantees {
    return least;
  }

  protected isClosed(): boolean {
    return this.member?.session.closed === true;
  }

  protected override lost(): string | undefined {
    return this.state === "given"
      ? undefined
      : "it is no longer this reader's, because its deadline passed or its subscription was disposed or moved";
  }

  protected carryOut(settlement: Settlement): void {
    if (this.owner.settle(this, settlement)) return;
    this.refuse(
      "refused",
      "its subscription takes no more deliveries, and has no group that could",
    );
  }
}

/** A delivery that has a deadline. */
export class LeasedDelivery extends QueuedDelivery {
  extend(): boolean {
    return this.owner.extend(this);
  }
}
