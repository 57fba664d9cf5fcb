import {
  type Backlog,
  DeliveryBuffer,
  type Guarantees,
  MessagingError,
  onAbort,
} from "@ruststream/core/contract";
import type { Msg } from "@nats-io/nats-core";
import { Ahead } from "./_ahead.ts";
import { backOff, isPassing } from "./_backoff.ts";
import type { Consumer } from "./_consumer.ts";
import type { PulledDelivery } from "./_delivery.ts";
import type { Hub, Opened } from "./_hub.ts";
import { Ledger } from "./_ledger.ts";
import { originOf } from "./_origin.ts";
import { tellOfGivenUp } from "./_advisories.ts";
import { Pulls } from "./_pulls.ts";
import { tellOfStalls } from "./_stalls.ts";

/** Options for {@linkcode Reader}. */
export interface ReaderOptions {
  readonly hub: Hub;
  readonly consumer: Consumer;
  readonly guarantees: Guarantees;
  /** How many are asked for beyond what a reader wants; by default what it takes in a moment. */
  readonly prefetch: number | undefined;
  /** How long one request waits at the server. */
  readonly expiresMs: number;
  /** Whether the server confirms each settlement. */
  readonly confirmed: boolean;
  /** Brings the stream back, where it is ours. */
  readonly restore: () => Promise<unknown>;
  readonly signal: AbortSignal | undefined;
  /** Where the deliveries of several readers go. Without it a reader has a buffer of its own. */
  readonly into?: SharedBuffer;
}

/** One buffer of several readers, that each of them puts its deliveries into. */
export interface SharedBuffer {
  readonly buffer: DeliveryBuffer<PulledDelivery>;
  /** One of them has failed the buffer: the others end too. */
  failed(): void;
  /** One of them has nothing in hand any more. */
  emptied(reader: Reader): void;
}

/** The broker's side of a subscription: what a consumer was asked for, and what came. */
export class Reader implements Opened {
  readonly options: ReaderOptions;
  readonly buffer: DeliveryBuffer<PulledDelivery>;
  readonly #ledger: Ledger;
  readonly #ahead: Ahead;
  readonly #pulls: Pulls;
  readonly #forgets: readonly (() => void)[];
  readonly #over = new AbortController();
  #highest: number;
  #taken = 0;
  // How often it was brought back since something came.
  #failures = 0;
  #stopped: Promise<void> | undefined;
  #ended: Promise<void> | undefined;
  // Nothing more is on its way.
  #done = false;
  #left = false;
  #reopening = false;
  #paused = false;

  constructor(options: ReaderOptions) {
    const { hub, consumer, guarantees, prefetch, confirmed, into } = options;
    const { session } = hub;
    this.options = options;
    this.#highest = consumer.floor;
    this.#ahead = new Ahead(prefetch, session.clock);
    this.#ledger = new Ledger({
      hub,
      consumer,
      guarantees,
      confirmed,
      isOver: () => this.#stopped !== undefined && !consumer.plan.durable,
      onEmpty: () => {
        into?.emptied(this);
        if (this.#done) this.#leave();
      },
    });
    this.buffer = into?.buffer ?? this.#makeBuffer(options);
    this.#pulls = this.#makePulls(options);
    hub.opened.add(this);
    this.#forgets = [
      session.onChange((change) => {
        if (change === "closed") this.#lose("the connection is gone for good");
      }),
      onAbort(options.signal, () => void this.buffer.cancel().catch(() => {})),
      tellOfGivenUp(session, consumer),
      tellOfStalls(
        session,
        consumer,
        () =>
          this.#pulls.standsInLine && !this.#paused ? this.#taken : undefined,
      ),
    ];
  }

  /** How many deliveries are not settled. */
  get inHand(): number {
    return this.#ledger.size;
  }

  /** Asks for so many, where nothing is asked for. */
  want(count: number): void {
    this.#ledger.sweep();
    this.#pulls.want(count);
  }

  /** Gives deliveries back. */
  recall(held: Iterable<PulledDelivery>): void {
    this.#ledger.recall(held);
  }

  /** Takes no more. What was given stays the reader's. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Takes no more, and gives back all that is not settled. */
  end(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  /** Takes what waits for a consumer of this reader alone: nobody else will. */
  async finish(): Promise<void> {
    const { consumer, hub: { session, settler } } = this.options;
    if (consumer.plan.durable || this.#stopped !== undefined) return;
    // What was retried is known to the server once it was sent.
    settler.flush();
    const state = await consumer.state();
    if (state === undefined) return;
    const wanted = state.waiting + state.unsettled - this.#ledger.size;
    if (wanted <= 0) return;
    const before = this.#taken;
    await this.#pulls.fetch(wanted);
    const count = wanted - (this.#taken - before);
    if (count <= 0) return;
    session.report({
      kind: "lost",
      count,
      detail:
        `The subscription to "${consumer.name}" was drained before all that waited for it had come`,
    });
  }

  pause(): void {
    if (this.#paused || this.#stopped !== undefined) return;
    this.#paused = true;
    void this.#pulls.withdraw();
    // What others have put there is theirs.
    if (this.options.into !== undefined) return;
    const held = this.buffer.clear();
    // The read that they were for waits on.
    if (held.length > 0) this.#pulls.want(held.length);
    this.#ledger.recall(held);
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#pulls.listen();
  }

  async backlog(): Promise<Backlog> {
    const { size } = this.buffer;
    const { waiting, unsettled } = await this.options.consumer.state() ??
      { waiting: 0, unsettled: size };
    return { waiting: waiting + size, unsettled: unsettled - size };
  }

  #makeBuffer(
    { hub: { session: { clock } }, guarantees: { settleDeadlineMs } }:
      ReaderOptions,
  ): DeliveryBuffer<PulledDelivery> {
    return new DeliveryBuffer<PulledDelivery>({
      handBack: (held) => this.#ledger.recall(held),
      onDemand: (count) => this.want(count + this.#ahead.next(this.#taken)),
      onStop: () => this.stop(),
      clock,
      ...(settleDeadlineMs !== undefined && { settleDeadlineMs }),
    });
  }

  #makePulls({ hub: { session }, consumer, expiresMs }: ReaderOptions): Pulls {
    const { priority } = consumer.plan.options;
    return new Pulls({
      session,
      name: consumer.name,
      target: () => consumer.target,
      expiresMs,
      ...(priority !== undefined && { priority }),
      // One that may have a single delivery in hand refuses whoever does not stand in line for the next.
      queues: consumer.config["max_ack_pending"] === 1,
      onMessage: (msg) => this.#take(msg),
      onGone: (why) => void this.#reopen(why),
      onRefused: (error) => this.#fail(error),
    });
  }

  #take(msg: Msg): boolean {
    const origin = originOf(msg.reply);
    if (origin === undefined) return false;
    const delivery = this.#ledger.give(msg, origin);
    this.#taken++;
    this.#failures = 0;
    if (origin.sequence > this.#highest) this.#highest = origin.sequence;
    if (!this.#paused && this.buffer.push(delivery)) return true;
    this.#ledger.recall([delivery]);
    return false;
  }

  async #stop(): Promise<void> {
    this.#over.abort();
    for (const forget of this.#forgets) forget();
    await this.#pulls.stop();
    this.#done = true;
    if (this.#ledger.size === 0) this.#leave();
  }

  async #end(): Promise<void> {
    await this.stop();
    await this.buffer.cancel();
    this.#ledger.recall();
    this.#leave();
  }

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    const { hub, consumer } = this.options;
    hub.opened.delete(this);
    if (!consumer.plan.durable) consumer.remove();
  }

  #lose(why: string): void {
    const { name } = this.options.consumer;
    this.#fail(
      new MessagingError("connection", `Cannot read from "${name}": ${why}`, {
        retryable: false,
      }),
    );
  }

  #fail(error: unknown): void {
    this.buffer.fail(error);
    void this.stop();
    this.options.into?.failed();
  }

  // Nobody answers while a server restarts or elects; only where the consumer is known to be gone it is made again.
  async #reopen(why: string): Promise<void> {
    if (this.#reopening || this.#stopped !== undefined) return;
    this.#reopening = true;
    this.#pulls.hold();
    try {
      await this.#bringBack(why);
    } catch (error) {
      if (!this.#over.signal.aborted) this.#fail(error);
    }
    this.#reopening = false;
    this.#pulls.release();
  }

  async #bringBack(why: string): Promise<void> {
    const { clock } = this.options.hub.session;
    for (;;) {
      // Counted until something comes: one that vanishes each time must not be made in a loop.
      await backOff(clock, this.#failures++, this.#over.signal);
      try {
        return await this.#bringBackOnce(why);
      } catch (error) {
        if (!isPassing(error)) throw error;
      }
    }
  }

  async #bringBackOnce(why: string): Promise<void> {
    const { consumer, hub: { session }, restore } = this.options;
    if (await consumer.state() !== undefined) return;
    if (!consumer.ours) {
      throw new MessagingError(
        "refused",
        `Cannot read from "${consumer.name}": the consumer vanished (${why}), and is not ours to make again`,
      );
    }
    const next = Math.min(this.#ledger.lowest, this.#highest + 1);
    await restore();
    await consumer.ensure(
      consumer.plan.durable ? undefined : { sequence: next },
    );
    this.#ledger.forget();
    session.report({
      kind: "reopened",
      detail:
        `The consumer "${consumer.name}" vanished (${why}), and was made again`,
    });
  }
}
