import {
  type AddressPattern,
  DeliveryBuffer,
  type Guarantees,
  matchAddress,
  MessagingError,
  onAbort,
} from "@ruststream/core/contract";
import type { Msg } from "@nats-io/nats-core";
import { apiErrors, isFault, type StreamLook } from "./_api.ts";
import { backOff, isPassing } from "./_backoff.ts";
import { Ahead } from "./_ahead.ts";
import { Consumer, ephemeralName } from "./_consumer.ts";
import type { Hub, Opened } from "./_hub.ts";
import { Leap } from "./_leap.ts";
import type { ReadDelivery, ReadingOwner } from "./_ordered_delivery.ts";
import { type Origin, originOf } from "./_origin.ts";
import { Pulls } from "./_pulls.ts";
import { deliverOf, type ReadingStart } from "./_reading_start.ts";
import { Snapshot } from "./_snapshot.ts";
import { checkTaken } from "./_taken.ts";
import type { Deliver } from "./consumer_options.ts";
import type { StreamStart } from "./subscription.ts";

/** Options for {@linkcode OrderedReader}. */
export interface OrderedReaderOptions<D extends ReadDelivery = ReadDelivery> {
  readonly hub: Hub;
  readonly stream: string;
  readonly address: AddressPattern;
  readonly subjects: readonly string[];
  readonly guarantees: Guarantees;
  readonly headersOnly: boolean;
  readonly prefetch: number | undefined;
  readonly expiresMs: number;
  /** Brings the stream back, where it is ours. */
  readonly restore: (signal?: AbortSignal) => Promise<unknown>;
  /** What the server says of the stream; undefined where nobody may look. */
  readonly lookAtStream: () => Promise<StreamLook | undefined>;
  /** Whether what it says must fit. */
  readonly checks: boolean;
  readonly signal: AbortSignal | undefined;
  /** What a message becomes. */
  readonly deliver: (owner: ReadingOwner, msg: Msg, origin: Origin) => D;
}

/** Reads a stream in order through a consumer that is thrown away and made again whenever order is in doubt. */
export class OrderedReader<D extends ReadDelivery = ReadDelivery>
  implements Opened {
  readonly options: OrderedReaderOptions<D>;
  readonly buffer: DeliveryBuffer<D>;
  readonly #pulls: Pulls;
  readonly #ahead: Ahead;
  readonly #forgets: readonly (() => void)[];
  #consumer: Consumer | undefined;
  #next: Deliver = "all";
  #snapshot: Snapshot | undefined;
  readonly #leap: Leap = new Leap();
  // The number with which all was read that there was at the beginning; undefined as long as it was not.
  #arrivedAt: number | undefined;
  // The number of what was read last.
  #last = 0;
  #streamMade: string | undefined;
  #consumerSequence = 0;
  // Whether what the consumer brings is what comes next.
  #sound = false;
  #stopped: Promise<void> | undefined;
  #moving: Promise<void> | undefined;
  // Why order is in doubt, if it is.
  #unsound: string | undefined;
  // How often it was made again since something came.
  #failures = 0;
  readonly #over = new AbortController();

  constructor(options: OrderedReaderOptions<D>) {
    const { hub: { session, opened }, stream, prefetch } = options;
    this.options = options;
    this.#ahead = new Ahead(prefetch, session.clock);
    this.buffer = new DeliveryBuffer<D>({
      // Nobody is told: whoever reads the stream again finds them where they are.
      handBack: () => {},
      onDemand: (count) =>
        this.#pulls.want(count + this.#ahead.next(this.#consumerSequence)),
      onStop: () => this.stop(),
      clock: session.clock,
    });
    this.#pulls = new Pulls({
      session,
      name: stream,
      target: () => this.#consumer?.target ?? "",
      expiresMs: options.expiresMs,
      onMessage: (msg) => this.#take(msg),
      onGone: (why) => this.#reset(why),
      onRefused: (error) => this.#fail(error),
    });
    this.#pulls.hold();
    opened.add(this);
    this.#forgets = [
      session.onChange((change) => {
        // What was on its way is gone, and nobody sends it again.
        if (change === "connected") {
          this.#failures = 0;
          this.#reset("the connection was lost");
        }
        if (change === "closed") this.#lose();
      }),
      onAbort(options.signal, () => void this.buffer.cancel().catch(() => {})),
    ];
  }

  /** Begins at a place. */
  async open(from: ReadingStart): Promise<void> {
    this.#next = deliverOf(from, this.options.stream);
    const { hub: { api }, subjects, signal, restore, lookAtStream, checks } =
      this.options;
    try {
      await restore(signal);
      if (from === "lasts") {
        this.#snapshot = new Snapshot((await lookAtStream())?.last);
      }
      await this.#make(signal);
      this.#next = this.#snapshot?.next() ?? this.#next;
      const look = await lookAtStream();
      this.#streamMade = look?.made;
      if (checks) await checkTaken(api, look?.config, subjects, signal);
      signal?.throwIfAborted();
    } catch (error) {
      await this.end();
      this.#consumer?.remove();
      throw error;
    }
    this.#pulls.release();
  }

  async seek(
    from: StreamStart,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { stream } = this.options;
    signal?.throwIfAborted();
    const next = deliverOf(from, stream);
    this.#checkTaking();
    await this.#checkHeld(from, signal);
    while (this.#moving !== undefined) await this.#moving;
    this.#checkTaking();
    await this.#alone(() => this.#move(next, signal));
  }

  /** Whether all that there was at the beginning comes no later than a number. */
  arrivesBy(sequence: number): boolean {
    return this.#arrivedAt !== undefined && this.#arrivedAt <= sequence;
  }

  /** Asks the server whether there is anything left: what was removed meanwhile does not come. */
  async lookAhead(): Promise<void> {
    const consumer = this.#consumer;
    const state = await consumer?.state();
    const all = state?.waiting === 0 && consumer === this.#consumer &&
      state.delivered === this.#consumerSequence;
    if (all) this.#arrivedAt ??= this.#last;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async end(): Promise<void> {
    await this.stop();
    await this.buffer.cancel();
  }

  #checkTaking(): void {
    if (this.#stopped === undefined) return;
    throw new MessagingError(
      "closed",
      `Cannot seek in stream "${this.options.stream}": the subscription takes no more deliveries`,
    );
  }

  // Exactly that one, or an error: the server would begin with whatever comes after.
  async #checkHeld(
    from: StreamStart,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (typeof from === "string" || from instanceof Date) return;
    const { hub: { api }, stream, address } = this.options;
    const deed = `seek in stream "${stream}"`;
    const body = { seq: from.sequence };
    let subject: unknown;
    try {
      const answer = await api.ask(
        deed,
        `STREAM.MSG.GET.${stream}`,
        body,
        signal,
      );
      subject = (answer["message"] as { readonly subject: string }).subject;
    } catch (error) {
      if (!isFault(error, apiErrors.messageNotFound)) throw error;
    }
    if (typeof subject === "string" && matchAddress(address, subject)) return;
    throw new MessagingError(
      "refused",
      `Cannot ${deed}: it holds no message ${from.sequence} of "${address.template}"`,
    );
  }

  #take(msg: Msg): boolean {
    const origin = originOf(msg.reply);
    const ours = origin?.consumer === this.#consumer?.name;
    if (origin === undefined || !ours || !this.#sound) return false;
    if (origin.consumerSequence !== this.#consumerSequence + 1) {
      return this.#doubt("a message is missing");
    }
    const { sequence } = origin;
    if (this.#leap.over(this.options.hub, this.#next, sequence, msg)) {
      return this.#doubt("a purge may have left out messages");
    }
    this.#consumerSequence++;
    this.#failures = 0;
    const found = this.#snapshot?.take(sequence);
    this.#next = this.#snapshot?.next() ?? { sequence: sequence + 1 };
    if (found === "ahead") {
      return this.#doubt("what came meanwhile is read by its numbers");
    }
    if (found === "had") return false;
    this.#last = sequence;
    if (this.#arrivedAt === undefined) this.#arrive(origin.pending);
    return this.buffer.push(this.options.deliver(this, msg, origin));
  }

  #doubt(why: string): false {
    this.#sound = false;
    this.#reset(why);
    return false;
  }

  // As many were read as there were, or there is no other.
  #arrive(pending: number): void {
    const { waiting = Infinity } = this.#consumer ?? {};
    if (pending > 0 && this.#consumerSequence < waiting) return;
    this.#arrivedAt = this.#last;
  }

  async #make(signal?: AbortSignal): Promise<void> {
    const { hub: { api, session }, stream, subjects, headersOnly } =
      this.options;
    const old = this.#consumer;
    this.#sound = false;
    const consumer = new Consumer(
      {
        stream,
        name: ephemeralName(session.inbox()),
        durable: false,
        options: { headersOnly, memoryStorage: true, replicas: 1 },
        subjects,
        wire: { ack_policy: "none", max_deliver: 1 },
      },
      api,
      () => session.info.version,
    );
    try {
      await consumer.ensure(this.#next, signal);
    } catch (error) {
      // It may be there though nobody said so.
      consumer.remove();
      throw error;
    }
    this.#consumer = consumer;
    this.#consumerSequence = 0;
    this.#sound = true;
    if (old !== undefined) this.#snapshot?.begunAgain();
    if (consumer.waiting === 0) this.#arrivedAt ??= this.#last;
    // From here on it begins where that consumer did, whatever was stored since.
    if (this.#next === "new") this.#next = { sequence: consumer.floor + 1 };
    old?.remove();
  }

  async #move(next: Deliver, signal: AbortSignal | undefined): Promise<void> {
    const before = this.#next;
    this.#pulls.hold();
    this.#sound = false;
    this.#snapshot = undefined;
    this.#next = next;
    try {
      await this.#make(signal);
    } catch (error) {
      this.#next = before;
      this.#unsound = "it could not be moved";
      throw error;
    }
    const held = this.buffer.clear();
    // A read that what was here had been for waits on.
    if (held.length > 0) this.#pulls.want(held.length);
    this.#pulls.release();
  }

  #reset(why: string): void {
    if (this.#stopped !== undefined || this.#consumer === undefined) return;
    this.#unsound ??= why;
    if (this.#moving === undefined) void this.#alone(async () => {});
  }

  // One move at a time; what came into doubt meanwhile is put right behind it.
  #alone(run: () => Promise<void>): Promise<void> {
    const moving = run();
    this.#moving = moving.catch(() => {}).then(() => this.#repair())
      .finally(() => {
        this.#moving = undefined;
      });
    return moving;
  }

  async #repair(): Promise<void> {
    const { hub: { session }, stream } = this.options;
    while (this.#unsound !== undefined && this.#stopped === undefined) {
      const why = this.#unsound;
      this.#unsound = undefined;
      this.#pulls.hold();
      try {
        await backOff(session.clock, this.#failures++, this.#over.signal);
        await this.options.restore();
        await this.#make();
        await this.#checkPlace();
      } catch (error) {
        if (this.#over.signal.aborted) return;
        if (!isPassing(error)) return this.#fail(error);
        this.#unsound ??= why;
        continue;
      }
      session.report({
        kind: "reopened",
        detail:
          `The reading of stream "${stream}" was begun again where it was: ${why}`,
      });
      this.#pulls.release();
    }
  }

  // A number means nothing in a stream that was made again: there all is new. Looked at last: until then it could be made again.
  async #checkPlace(): Promise<void> {
    for (;;) {
      const made = (await this.options.lookAtStream())?.made;
      if (made === undefined || made === this.#streamMade) return;
      this.#next = "all";
      this.#snapshot = undefined;
      this.#last = 0;
      await this.#make();
      this.#streamMade = made;
    }
  }

  async #stop(): Promise<void> {
    this.#over.abort();
    for (const forget of this.#forgets) forget();
    this.options.hub.opened.delete(this);
    await this.#pulls.stop();
    await this.#moving;
    this.#consumer?.remove();
  }

  #lose(): void {
    const { stream } = this.options;
    this.#fail(
      new MessagingError(
        "connection",
        `Cannot read stream "${stream}": the connection is gone for good`,
        { retryable: false },
      ),
    );
  }

  #fail(error: unknown): void {
    this.buffer.fail(error);
    void this.stop();
  }
}
