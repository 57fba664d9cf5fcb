import {
  type AddressPattern,
  type Backlog,
  DeliveryBuffer,
  type Guarantees,
  MessagingError,
  onAbort,
} from "@ruststream/core/contract";
import type { Letter, Member, QueuedDelivery } from "./_delivery.ts";
import type {
  MemoryDelivery,
  MemorySubscription,
} from "./memory_connection.ts";
import type { Queue } from "./_queue.ts";
import type { Session } from "./_session.ts";

/** Options for {@linkcode Reader}. */
export interface ReaderOptions {
  readonly address: AddressPattern;
  readonly queue: Queue;
  readonly session: Session;
  readonly guarantees: Guarantees;
  readonly signal?: AbortSignal | undefined;
  /** Told when it takes no more, once. */
  readonly onStop: () => unknown;
  /** Told when it has nothing in hand any more either, once. */
  readonly onLeave: () => unknown;
}

/** The broker's side of a subscription: a member of its queue until it has stopped and everything it was given is settled or taken back. */
export class Reader implements Member {
  readonly options: ReaderOptions;
  readonly buffer: DeliveryBuffer<QueuedDelivery>;
  readonly session: Session;
  unsettled = 0;
  readonly #forget: () => void;
  #stopped = false;
  #paused = false;
  // Whether a read waits that the queue does not know of, and for how many.
  #asks = false;
  #count = 1;
  #draining = false;
  #left = false;

  constructor(options: ReaderOptions) {
    const { guarantees: { settleDeadlineMs }, queue, session } = options;
    this.options = options;
    this.session = session;
    this.buffer = new DeliveryBuffer<QueuedDelivery>({
      handBack: (deliveries) => this.#takeBack(deliveries),
      onDemand: (count) => this.#ask(count),
      onStop: (why) => why === "drain" ? this.#finish() : this.stop(),
      // Not when it stops: an abort cuts a drain short, too.
      onEnd: () => this.#forget(),
      clock: session.clock,
      ...(settleDeadlineMs !== undefined && { settleDeadlineMs }),
    });
    queue.join(this);
    this.#forget = onAbort(options.signal, () => void this.buffer.cancel());
  }

  get open(): boolean {
    return !this.#stopped;
  }

  get held(): number {
    return this.buffer.size;
  }

  push(delivery: QueuedDelivery): boolean {
    return this.buffer.push(delivery);
  }

  emptied(): void {
    if (this.#stopped) this.#leave();
  }

  /** Ends intake. What was given stays the reader's. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.options.queue.stop(this);
    this.options.onStop();
    if (this.unsettled === 0) this.#leave();
  }

  /** Takes no more, and gives back what no read has got. */
  pause(): void {
    if (this.#stopped || this.#paused) return;
    this.#paused = true;
    const { queue } = this.options;
    const held = this.buffer.clear();
    this.#asks = queue.stop(this) || held.length > 0;
    queue.takeBack(held);
  }

  resume(): void {
    this.#paused = false;
    this.#askAgain();
  }

  /** Forgets what it has and what waits for it, and goes on with these. */
  refill(letters: readonly Letter[]): void {
    const { queue } = this.options;
    const held = this.buffer.clear();
    queue.refill(letters);
    if (held.length === 0) return;
    this.#asks = true;
    this.#askAgain();
  }

  // The queue of an ungrouped subscription ends with it, so what waits there has arrived.
  #finish(): void {
    const { guarantees, queue } = this.options;
    if (this.#stopped) return;
    this.#draining = true;
    if (guarantees.settleDeadlineMs === undefined) queue.flushTo(this);
    const count = queue.delayed;
    this.stop();
    this.#lose(count, "before the time of its delayed retries");
  }

  async dispose(): Promise<void> {
    this.stop();
    const cancelled = this.buffer.cancel();
    this.options.queue.recall(this);
    await cancelled;
  }

  #ask(count: number): void {
    this.#count = count;
    this.#asks = true;
    this.#askAgain();
  }

  #askAgain(): void {
    if (!this.#asks || this.#paused || this.#stopped) return;
    this.#asks = false;
    this.options.queue.ask(this, this.#count);
  }

  #takeBack(deliveries: readonly QueuedDelivery[]): void {
    this.options.queue.takeBack(deliveries);
    // Whoever drains wanted all that had arrived; whoever only cancels an ungrouped subscription wanted no more of it.
    if (this.#draining) this.#lose(deliveries.length, "and then cut short");
  }

  #lose(count: number, when: string): void {
    const { address, queue } = this.options;
    if (!queue.ended || count === 0) return;
    this.session.report({
      kind: "lost",
      count,
      detail: `The subscription to "${address.template}" was drained ${when}`,
    });
  }

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.options.queue.leave(this);
    this.options.onLeave();
  }
}

/** The user's side of a subscription. */
export class BusSubscription implements MemorySubscription {
  readonly guarantees: Guarantees;
  protected readonly reader: Reader;

  constructor(reader: Reader) {
    this.guarantees = reader.options.guarantees;
    this.reader = reader;
  }

  get deliveries(): ReadableStream<MemoryDelivery> {
    return this.reader.buffer.deliveries;
  }

  batches(max: number): ReadableStream<readonly MemoryDelivery[]> {
    return this.reader.buffer.batches(max);
  }

  pause(): void {
    this.checkOpen("pause");
    this.reader.pause();
  }

  resume(): void {
    this.checkOpen("resume");
    this.reader.resume();
  }

  async drain(): Promise<void> {
    this.checkOpen("drain");
    await this.reader.buffer.drain();
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async backlog(): Promise<Backlog> {
    this.checkOpen("look into");
    const { queue } = this.reader.options;
    let held = 0;
    for (const member of queue.members) held += member.held;
    return { waiting: queue.waiting + held, unsettled: queue.unsettled - held };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reader.dispose();
  }

  protected checkOpen(verb: string): void {
    const { address, session } = this.reader.options;
    if (!session.closed) return;
    throw new MessagingError(
      "closed",
      `Cannot ${verb} the subscription to "${address.template}": the connection is closed`,
    );
  }
}
