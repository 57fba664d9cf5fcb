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
import { type Origin, originOf } from "./_origin.ts";
import { tellOfGivenUp, tellOfRemoval } from "./_advisories.ts";
import { Place } from "./_place.ts";
import { Pulls } from "./_pulls.ts";
import type { Denial } from "../session_types.ts";
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
  /** Tells when the stream was made; undefined where nobody may look. */
  readonly whenStreamMade: () => Promise<string | undefined>;
  /** What that told at the opening. By default it is not known. */
  readonly streamMade?: string;
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
  readonly #place: Place;
  // Of an ephemeral consumer: which of its deliveries came last.
  #consumerSequence = 0;
  // What came while nobody knew whether it had begun anew.
  readonly #undecided: (readonly [Msg, Origin])[] = [];
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
    this.#place = new Place(options);
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
        if (change === "connected") {
          this.#failures = 0;
          this.#doubt("the connection was lost");
        }
      }),
      session.onDenial((denial) => this.#denied(denial)),
      // Without an open request nobody says so.
      tellOfRemoval(
        session,
        consumer,
        () => void this.#reopen("it was removed"),
      ),
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
    this.resume();
    // What was retried is known to the server once it was sent.
    settler.flush();
    const state = await consumer.state();
    if (state === undefined) return;
    let count = state.waiting + state.unsettled - this.#ledger.size;
    for (let before = -1; count > 0 && this.#taken !== before;) {
      before = this.#taken;
      await this.#pulls.fetch(count);
      count -= this.#taken - before;
    }
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
      onTrouble: (why) => this.#doubt(why),
      onRefused: (error) => this.#fail(error),
    });
  }

  #take(msg: Msg): boolean {
    const origin = originOf(msg.reply);
    if (origin === undefined) return false;
    const { durable } = this.options.consumer.plan;
    return (durable || this.#follows(msg, origin)) && this.#accept(msg, origin);
  }

  // An ephemeral consumer that its server has lost is made again there as it was declared, and leaves out what was stored meanwhile.
  #follows(msg: Msg, origin: Origin): boolean {
    const { consumerSequence } = origin;
    const anew = consumerSequence <= this.#consumerSequence;
    this.#consumerSequence = consumerSequence;
    if (anew) void this.#reopen("it began anew");
    if (!this.#reopening) return true;
    this.#undecided.push([msg, origin]);
    return false;
  }

  #accept(msg: Msg, origin: Origin): boolean {
    const delivery = this.#ledger.give(msg, origin);
    this.#taken++;
    this.#failures = 0;
    this.#place.passed(origin.sequence);
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

  // Who may not settle would get the same messages for ever.
  #denied({ subject, error }: Denial): void {
    const origin = originOf(subject);
    const { name, plan: { stream } } = this.options.consumer;
    if (origin?.consumer !== name || origin.stream !== stream) return;
    this.#fail(
      new MessagingError(
        "denied",
        `Cannot settle what "${name}" delivers: the server does not permit publishing to "${subject}"`,
        { cause: error },
      ),
    );
  }

  // Its server, or somebody else, may have made it again meanwhile.
  #doubt(why: string): void {
    const { consumer } = this.options;
    if (!consumer.plan.durable) return void this.#reopen(why);
    if (this.#ledger.size === 0) return;
    consumer.state().then((state) => {
      if (!consumer.isStill(state)) void this.#reopen(why);
    }, () => {});
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
    let same = false;
    try {
      same = await this.#bringBack(why);
    } catch (error) {
      if (!this.#over.signal.aborted) this.#fail(error);
    }
    this.#reopening = false;
    this.#decide(same);
    this.#pulls.release();
  }

  #decide(same: boolean): void {
    const undecided = this.#undecided.splice(0);
    if (!same) this.#consumerSequence = 0;
    else if (undecided.length > 0) {
      for (const one of undecided) this.#accept(...one);
      this.#pulls.want(this.buffer.demand);
    }
  }

  /** Whether it was there all along. */
  async #bringBack(why: string): Promise<boolean> {
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

  async #bringBackOnce(why: string): Promise<boolean> {
    const { consumer, hub: { session } } = this.options;
    const state = await consumer.state();
    const same = consumer.isStill(state);
    if (same && !this.#place.doubtful) return true;
    if (state === undefined && !consumer.ours) {
      throw new MessagingError(
        "refused",
        `Cannot read from "${consumer.name}": the consumer vanished (${why}), and is not ours to make again`,
      );
    }
    // They are of one that is no more: who settles them would settle what has their numbers now.
    if (!same) this.#ledger.forget();
    if (state === undefined) await this.#makeAgain();
    else if (consumer.plan.durable) consumer.adopt(state);
    else if (!same) {
      await consumer.drop();
      await this.#makeAgain();
    }
    if (this.#place.doubtful) await this.#place.check();
    session.report({
      kind: "reopened",
      detail:
        `The consumer "${consumer.name}" vanished (${why}), and was made again`,
    });
    return false;
  }

  async #makeAgain(): Promise<void> {
    const { consumer, restore } = this.options;
    await restore();
    if (consumer.plan.durable) return await consumer.ensure();
    await this.#place.makeAgain(this.#ledger.lowest);
    this.#ledger.renew();
  }
}
