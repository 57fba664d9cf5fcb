import {
  type Awaitable,
  type Guarantees,
  isMessagingError,
  isPromiseLike,
  MessagingError,
  type Settlement,
} from "@ruststream/core/contract";
import type { Msg } from "@nats-io/nats-core";
import type { Consumer } from "./_consumer.ts";
import { type DeliveryOwner, PulledDelivery } from "./_delivery.ts";
import { reaches } from "./_fields.ts";
import type { Hub } from "./_hub.ts";
import type { Origin } from "./_origin.ts";
import { settlementBytes, workingBytes } from "./_tokens.ts";

/** Options for {@linkcode Ledger}. */
export interface LedgerOptions {
  readonly hub: Hub;
  readonly consumer: Consumer;
  readonly guarantees: Guarantees;
  /** Whether the server confirms each settlement. */
  readonly confirmed: boolean;
  /** Whether what is retried has nobody left to come back to. */
  readonly isOver: () => boolean;
  /** Told when nothing is in hand any more. */
  readonly onEmpty: () => void;
}

const confirmMs = 2_000;
const pauseMs = 50;

/** The deliveries in hand of one subscription, and how they are settled. */
export class Ledger implements DeliveryOwner {
  readonly #options: LedgerOptions;
  readonly #knowsReasons: boolean;
  readonly likely: string | undefined;
  readonly prefix: string | undefined;
  // By sequence, the earliest deadline first.
  readonly #given = new Map<number, PulledDelivery>();
  // What is to come again, where nobody but this reader would know of it once its consumer is gone.
  readonly #owed: Set<number> | undefined;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.likely = options.consumer.plan.subjects[0];
    this.prefix = options.consumer.plan.prefix;
    if (!options.consumer.plan.durable) this.#owed = new Set();
    const { version } = options.hub.session.info;
    this.#knowsReasons = reaches(version, "2.10");
  }

  get size(): number {
    return this.#given.size;
  }

  get closed(): boolean {
    return this.#options.hub.session.closed;
  }

  get guarantees(): Guarantees {
    return this.#options.guarantees;
  }

  /** The lowest sequence that is to come again, or would if its consumer were gone. Infinity without one. */
  get lowest(): number {
    let lowest = Infinity;
    for (const sequences of [this.#given.keys(), this.#owed ?? []]) {
      for (const sequence of sequences) {
        if (sequence < lowest) lowest = sequence;
      }
    }
    return lowest;
  }

  /** Makes a delivery, and writes it down. */
  give(msg: Msg, origin: Origin): PulledDelivery {
    const { consumer, hub: { session } } = this.#options;
    const due = session.clock.now() + consumer.waitMs(origin.attempt);
    const delivery = new PulledDelivery(this, msg, origin, due);
    // It comes again: the server does not wait for the first any more.
    const before = this.#given.get(origin.sequence);
    if (before !== undefined) before.state = "lost";
    this.#given.delete(origin.sequence);
    this.#given.set(origin.sequence, delivery);
    this.#owed?.delete(origin.sequence);
    return delivery;
  }

  /** Forgets those that nobody settled in time. */
  sweep(): void {
    for (const delivery of this.#given.values()) {
      if (!this.isLate(delivery)) return;
      this.#lose(delivery);
    }
  }

  /** Gives deliveries back to the server; by default all. */
  recall(held: Iterable<PulledDelivery> = [...this.#given.values()]): void {
    const { settler } = this.#options.hub;
    const bytes = settlementBytes({ kind: "release" }, this.#knowsReasons);
    for (const delivery of held) {
      if (delivery.state !== "given") continue;
      settler.push(delivery.native.reply ?? "", bytes);
      this.#lose(delivery);
    }
    settler.flush();
  }

  /** The server knows none of them any more. */
  forget(): void {
    for (const delivery of [...this.#given.values()]) this.#lose(delivery);
  }

  /** Another consumer brings what is to come again. */
  renew(): void {
    this.#owed?.clear();
  }

  isLate({ due }: PulledDelivery): boolean {
    return due <= this.#options.hub.session.clock.now();
  }

  extend(delivery: PulledDelivery): boolean {
    if (delivery.state !== "given" || this.closed) return false;
    if (this.isLate(delivery)) {
      this.#lose(delivery);
      return false;
    }
    const { consumer, hub: { session, settler } } = this.#options;
    // What is not sent changes nothing: the deadline stays, and may pass before the connection is back.
    if (!session.connected) return true;
    settler.push(delivery.native.reply ?? "", workingBytes);
    delivery.due = session.clock.now() + consumer.waitMs(delivery.attempt);
    this.#given.delete(delivery.sequence);
    this.#given.set(delivery.sequence, delivery);
    return true;
  }

  carryOut(delivery: PulledDelivery, settlement: Settlement): Awaitable<void> {
    if (settlement.kind === "retry" && this.#options.isOver()) {
      throw new MessagingError(
        "refused",
        `Cannot retry delivery ${delivery.id}: its subscription takes no more deliveries, and has no group that could`,
      );
    }
    delivery.state = "settled";
    const sent = this.#send(
      delivery,
      settlementBytes(settlement, this.#knowsReasons),
    );
    const done = settlement.kind === "ack" || settlement.kind === "reject";
    if (!isPromiseLike(sent)) return this.#remove(delivery, done);
    return sent.then(() => this.#remove(delivery, done), (cause) => {
      if (delivery.state === "settled") delivery.state = "given";
      throw cause;
    });
  }

  #send(delivery: PulledDelivery, bytes: Uint8Array): Awaitable<void> {
    const { hub: { session, settler }, confirmed } = this.#options;
    if (confirmed) return this.#confirm(delivery, bytes);
    const subject = delivery.native.reply ?? "";
    if (session.connected) return settler.push(subject, bytes);
    return this.#ready(delivery).then(() => settler.push(subject, bytes));
  }

  // An answer that was lost is asked for again: the server also answers for what it has settled already.
  async #confirm(delivery: PulledDelivery, bytes: Uint8Array): Promise<void> {
    const { session } = this.#options.hub;
    const subject = delivery.native.reply ?? "";
    for (;;) {
      try {
        await this.#ready(delivery);
        const leftMs = Math.max(1, delivery.due - session.clock.now());
        const timeoutMs = Math.min(leftMs, confirmMs);
        await session.ask(subject, bytes, { timeoutMs, outlives: true });
        return;
      } catch (cause) {
        const again = isMessagingError(cause) && cause.retryable &&
          !this.closed && !this.isLate(delivery) && delivery.state !== "lost";
        if (!again) throw cause;
      }
      // Nobody answers for a while where a leader is elected.
      await session.clock.sleep(pauseMs);
    }
  }

  async #ready(delivery: PulledDelivery): Promise<void> {
    const { session } = this.#options.hub;
    const leftMs = Math.max(0, delivery.due - session.clock.now());
    await session.ready(`settle delivery ${delivery.id}`, leftMs);
  }

  #lose(delivery: PulledDelivery): void {
    delivery.state = "lost";
    this.#remove(delivery, false);
  }

  #remove(delivery: PulledDelivery, done: boolean): void {
    const { sequence } = delivery;
    if (this.#given.get(sequence) === delivery) {
      this.#given.delete(sequence);
      if (!done) this.#owed?.add(sequence);
    }
    if (this.#given.size === 0) this.#options.onEmpty();
  }
}
