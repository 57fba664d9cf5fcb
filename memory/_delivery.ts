import type { Awaitable, Message, Settlement } from "@ruststream/core/contract";
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
  settle(delivery: QueuedDelivery, settlement: Settlement): Awaitable<void>;
  extend(delivery: QueuedDelivery): boolean;
}

/** Waits in the queue; was given to a member; was settled by it; or is not the member's any more. */
export type DeliveryState = "waiting" | "given" | "settled" | "lost";

/** One delivery, and its place in the lists of its queue: no list makes anything of its own for it. */
export class QueuedDelivery implements MemoryDelivery, Slotted {
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

  settle(settlement: Settlement): Awaitable<void> {
    return this.owner.settle(this, settlement);
  }
}

/** A delivery that has a deadline. */
export class LeasedDelivery extends QueuedDelivery {
  extend(): boolean {
    return this.owner.extend(this);
  }
}
