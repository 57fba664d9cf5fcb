import type { Clock, Settlement } from "@ruststream/core/contract";
import { Alarm } from "./_alarm.ts";
import {
  type DeliveryOwner,
  LeasedDelivery,
  type Letter,
  type Member,
  QueuedDelivery,
} from "./_delivery.ts";
import { GivenList } from "./_given.ts";
import { Heap } from "./_heap.ts";
import { Ring } from "./_ring.ts";

/** Options for {@linkcode Queue}. */
export interface QueueOptions {
  /** How many may wait. */
  readonly capacity: number;
  /** How long a delivery may stay unsettled. Without it this is the queue of one ungrouped subscription, and ends with it. */
  readonly settleDeadlineMs?: number;
  /** Told when there is room for a parked publish. */
  readonly onRoom: (queue: Queue) => void;
}

const bySequence = (one: QueuedDelivery, other: QueuedDelivery): boolean =>
  one.letter.sequence < other.letter.sequence;
const byDue = (one: QueuedDelivery, other: QueuedDelivery): boolean =>
  one.due < other.due || (one.due === other.due && bySequence(one, other));

/**
 * What waits for one ungrouped subscription or one group, in the order published, and what its members have in hand.
 *
 * What came back stands before all that was never given: it is older. Members are served by demand, the one that waits longest first.
 */
export class Queue implements DeliveryOwner {
  /** Whether publishes stand in line for room here; kept by who lets them in. */
  crowded = false;
  readonly #options: QueueOptions;
  readonly #fresh = new Ring<QueuedDelivery>();
  readonly #returned = new Heap<QueuedDelivery>(bySequence);
  readonly #delayed = new Heap<QueuedDelivery>(byDue);
  readonly #given = new GivenList();
  readonly #members = new Set<Member>();
  // Members whose reader waits. While there is one, nothing waits in the queue.
  readonly #hungry = new Set<Member>();
  readonly #alarm = new Alarm(() => this.#wake());
  // All due times are times of this clock: that of the member that is here longest, or of the last one that was.
  #clock: Clock | undefined;
  #ended = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Whether it is that of a group, and stays when nobody reads it. */
  get grouped(): boolean {
    return this.#options.settleDeadlineMs !== undefined;
  }

  /** How many wait, delayed ones too. */
  get waiting(): number {
    return this.#fresh.length + this.#returned.length + this.#delayed.length;
  }

  /** How many wait for their time. */
  get delayed(): number {
    return this.#delayed.length;
  }

  get unsettled(): number {
    return this.#given.length;
  }

  /** How many more may wait. */
  get room(): number {
    return this.#options.capacity - this.waiting;
  }

  get full(): boolean {
    return this.room <= 0;
  }

  /** Whether nothing is put here any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether somebody reads it. */
  get read(): boolean {
    for (const { open } of this.#members) if (open) return true;
    return false;
  }

  get members(): Iterable<Member> {
    return this.#members;
  }

  /** Puts a message at the end. */
  put(letter: Letter): void {
    this.#fresh.push(this.#make(letter, 1));
    if (this.#hungry.size > 0) this.#feed();
  }

  join(member: Member): void {
    this.#members.add(member);
    if (this.#members.size === 1) this.#follow(member.session.clock);
  }

  /** A member is gone, and has nothing in hand. */
  leave(member: Member): void {
    this.#hungry.delete(member);
    this.#members.delete(member);
    const [next] = this.#members;
    if (next === undefined) this.#alarm.clear();
    else this.#follow(next.session.clock);
  }

  /** A member takes no more, for now or for good. Returns whether its reader waits. */
  stop(member: Member): boolean {
    return this.#hungry.delete(member);
  }

  /** The only member takes no more, and the queue goes with it. */
  end(): void {
    this.#ended = true;
    this.#empty();
  }

  /** Forgets all that waits and all that was given, and begins anew with these, beyond the capacity too. */
  refill(letters: readonly Letter[]): void {
    this.#empty();
    for (const delivery of this.#given) {
      delivery.state = "gone";
      this.#ungive(delivery);
    }
    for (const letter of letters) this.#fresh.push(this.#make(letter, 1));
    this.#feed();
  }

  /** A reader waits at its empty buffer, and would take so many. */
  ask(member: Member, count: number): void {
    const served = this.#serve(member, count);
    if (served === 0) this.#hungry.add(member);
    this.#rest();
    this.#makeRoom();
  }

  /** Gives a member all that waits and has no time to wait for. */
  flushTo(member: Member): void {
    while (this.#serve(member, Infinity) > 0) this.#makeRoom();
  }

  /** Takes back, unchanged, what no reader has seen. */
  takeBack(deliveries: readonly QueuedDelivery[]): void {
    for (const delivery of deliveries) {
      if (delivery.state !== "given") continue;
      this.#ungive(delivery);
      delivery.state = "waiting";
      if (!this.#ended) this.#returned.push(delivery);
    }
    this.#feed();
  }

  /** Takes from a member all that it has in hand, as if it had released it. */
  recall(member: Member): void {
    for (const delivery of this.#given) {
      if (delivery.member !== member) continue;
      delivery.state = "gone";
      if (!this.#ended) {
        this.#returned.push(this.#make(delivery.letter, delivery.attempt));
      }
      this.#ungive(delivery);
    }
    this.#feed();
  }

  settle(delivery: QueuedDelivery, settlement: Settlement): boolean {
    // A retry that cannot come back is refused; a release asks for nothing.
    if (this.#ended && settlement.kind === "retry") return false;
    delivery.state = "gone";
    if (settlement.kind === "retry" || settlement.kind === "release") {
      this.#again(delivery, settlement);
    }
    this.#ungive(delivery);
    this.#rest();
    return true;
  }

  extend(delivery: QueuedDelivery): boolean {
    if (delivery.state !== "given") return false;
    this.#given.remove(delivery);
    this.#give(delivery, this.#deadline());
    return true;
  }

  #make(letter: Letter, attempt: number): QueuedDelivery {
    return this.#options.settleDeadlineMs === undefined
      ? new QueuedDelivery(letter, this, attempt)
      : new LeasedDelivery(letter, this, attempt);
  }

  #again(
    { letter, attempt }: QueuedDelivery,
    settlement: Settlement & { readonly kind: "retry" | "release" },
  ): void {
    if (this.#ended) return;
    if (settlement.kind === "release") {
      this.#returned.push(this.#make(letter, attempt));
      return this.#feed();
    }
    const next = this.#make(letter, attempt + 1);
    if (!settlement.afterMs) {
      this.#returned.push(next);
      return this.#feed();
    }
    next.due = this.#now() + settlement.afterMs;
    this.#delayed.push(next);
    this.#arm();
  }

  #empty(): void {
    while (this.#take() !== undefined);
    while (this.#delayed.shift() !== undefined);
    this.#arm();
  }

  #take(): QueuedDelivery | undefined {
    return this.#returned.length > 0
      ? this.#returned.shift()
      : this.#fresh.shift();
  }

  #serve(member: Member, count: number): number {
    let served = 0;
    // The clock is looked at once for all of them.
    const due = this.#deadline();
    while (served < count) {
      const next = this.#take();
      if (next === undefined) break;
      if (!this.#handTo(member, next, due)) break;
      served++;
    }
    return served;
  }

  #feed(): void {
    if (this.#hungry.size > 0) {
      for (const member of this.#hungry) {
        if (this.#fresh.length + this.#returned.length === 0) break;
        this.#hungry.delete(member);
        this.#serve(member, 1);
      }
    }
    this.#makeRoom();
  }

  #handTo(member: Member, delivery: QueuedDelivery, due: number): boolean {
    delivery.state = "given";
    delivery.member = member;
    member.unsettled++;
    this.#give(delivery, due);
    if (member.push(delivery)) return true;
    this.#given.remove(delivery);
    member.unsettled--;
    delivery.member = undefined;
    delivery.state = "waiting";
    this.#returned.push(delivery);
    return false;
  }

  #deadline(): number {
    const { settleDeadlineMs = Infinity } = this.#options;
    return settleDeadlineMs === Infinity
      ? Infinity
      : this.#now() + settleDeadlineMs;
  }

  #give(delivery: QueuedDelivery, due: number): void {
    delivery.due = due;
    if (due !== Infinity && this.#clock !== undefined) {
      this.#alarm.by(this.#clock, due);
    }
    this.#given.add(delivery);
  }

  #ungive(delivery: QueuedDelivery): void {
    this.#given.remove(delivery);
    const { member } = delivery;
    if (member !== undefined && --member.unsettled === 0) member.emptied();
  }

  #makeRoom(): void {
    if (this.crowded && !this.full) this.#options.onRoom(this);
  }

  #now(): number {
    return this.#clock?.now() ?? 0;
  }

  // Two members may be on two clocks: what was so many milliseconds away stays so.
  #follow(clock: Clock): void {
    if (clock === this.#clock && this.#members.size > 1) return;
    const shift = clock.now() - (this.#clock ?? clock).now();
    this.#clock = clock;
    this.#alarm.clear();
    if (shift !== 0) {
      for (const delivery of this.#given) delivery.due += shift;
      for (const delivery of this.#delayed.items) delivery.due += shift;
    }
    this.#wake();
  }

  #wake(): void {
    const now = this.#now();
    if (this.#options.settleDeadlineMs !== undefined) this.#expire(now);
    for (
      let next = this.#delayed.first;
      next !== undefined && next.due <= now;
      next = this.#delayed.first
    ) {
      this.#delayed.remove(next);
      this.#returned.push(next);
    }
    this.#feed();
    this.#arm();
  }

  #expire(now: number): void {
    for (
      let delivery = this.#given.first;
      delivery !== undefined && delivery.due <= now;
      delivery = this.#given.first
    ) {
      delivery.state = "gone";
      this.#returned.push(this.#make(delivery.letter, delivery.attempt + 1));
      this.#ungive(delivery);
    }
  }

  #arm(): void {
    if (this.#clock === undefined || this.#members.size === 0) return;
    const delayed = this.#delayed.first?.due ?? Infinity;
    const given = this.#options.settleDeadlineMs === undefined
      ? Infinity
      : this.#given.first?.due ?? Infinity;
    const due = Math.min(delayed, given);
    if (due === Infinity) this.#alarm.clear();
    else this.#alarm.by(this.#clock, due);
  }

  // The timer of a settled delivery is left to the next one, and goes when the queue comes to rest.
  #rest(): void {
    if (
      this.#given.length + this.#delayed.length === 0 && this.#hungry.size > 0
    ) this.#alarm.clear();
  }
}
