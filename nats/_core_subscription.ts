import {
  type AddressPattern,
  checkSubscribe,
  type Delivery,
  DeliveryBuffer,
  type Guarantees,
  isMessagingError,
  MessagingError,
  onAbort,
  type Settlement,
  untilAborted,
} from "@ruststream/core/contract";
import { CoreDelivery, type DeliveryOwner } from "./_core_delivery.ts";
import { coreGuarantees } from "./_guarantees.ts";
import { checkLength } from "./_outgoing.ts";
import { Overflow } from "./_overflow.ts";
import { closedError } from "./nats_error.ts";
import type { Session } from "./session.ts";
import type { RawSubscription } from "./session_types.ts";
import type { NatsSubscription, SubjectSettings } from "./subject_types.ts";
import { subjectOf } from "./subjects.ts";
import type {
  SubscriptionWatch,
  WatchedOptions,
} from "./subscription_watch.ts";

type Options = WatchedOptions & Partial<SubjectSettings>;

/** A subscription to core NATS: whatever comes is pushed into a bounded buffer. */
export class CoreSubscription implements NatsSubscription, DeliveryOwner {
  readonly guarantees: Guarantees = coreGuarantees;
  disposed = false;
  readonly #session: Session;
  readonly #template: string;
  readonly #group: string | undefined;
  readonly #buffer: DeliveryBuffer<Delivery>;
  readonly #overflow: Overflow;
  readonly #raw: RawSubscription;
  readonly #watch: SubscriptionWatch | undefined;
  readonly #forget: (() => void)[] = [];
  #denied: MessagingError | undefined;
  // Why what waits to be read will be missed by somebody.
  #wanted: string | undefined;

  private constructor(
    session: Session,
    address: AddressPattern,
    options: Options,
  ) {
    const { template, tokens } = address;
    this.#session = session;
    this.#template = template;
    this.#group = options.group;
    this.#watch = options.watch;
    const buffer = new DeliveryBuffer<Delivery>({
      handBack: (held) => this.#lose(held),
      onStop: (why) => this.#stop(why),
      clock: session.clock,
    });
    this.#buffer = buffer;
    this.#overflow = new Overflow(
      session,
      buffer,
      template,
      options,
      {
        full: (error) => this.#fail(error),
        gone: (held) => this.#watch?.gone(held),
      },
    );
    const known = tokens.every(({ kind }) => kind === "literal")
      ? template
      : undefined;
    const queue = options.group === undefined ? {} : { queue: options.group };
    this.#raw = session.subscribe(
      subjectOf(address),
      (msg) => this.#take(new CoreDelivery(msg, known, this)),
      queue,
      (error) => this.#fail(error),
    );
    this.#watch?.begins();
    const end = (): Promise<void> => this.#end();
    session.atShutdown.add(end);
    this.#forget.push(
      () => session.atShutdown.delete(end),
      session.onChange((change) => {
        if (change === "closed") this.#fail(this.#lossOf(session));
      }),
      onAbort(options.signal, () => void buffer.cancel().catch(() => {})),
    );
  }

  /** Subscribes, and waits until the server knows of it. */
  static async open(
    session: Session,
    address: AddressPattern,
    options: Options,
  ): Promise<CoreSubscription> {
    const { template } = address;
    const { signal } = options;
    const deed = `subscribe to "${template}"`;
    if (session.closed) throw closedError(deed);
    signal?.throwIfAborted();
    checkSubscribe(address, options, coreGuarantees);
    checkLength(template, `subscribe to "${template.slice(0, 80)}"`);
    if (options.group !== undefined && /\s/.test(options.group)) {
      throw new TypeError(
        `Cannot ${deed}: expected a group without spaces, found ${
          JSON.stringify(options.group)
        }`,
      );
    }
    const { publishTimeoutMs } = session.settings;
    await session.ready(deed, publishTimeoutMs, signal);
    const opened = new CoreSubscription(session, address, options);
    try {
      await untilAborted(() => opened.#confirm(deed), signal);
    } catch (error) {
      await opened[Symbol.asyncDispose]();
      throw error;
    }
    return opened;
  }

  get closed(): boolean {
    return this.#session.closed;
  }

  settled(delivery: Delivery, settlement: Settlement): void {
    this.#watch?.settled(delivery, settlement);
  }

  get deliveries(): ReadableStream<Delivery> {
    return this.#buffer.deliveries;
  }

  batches(max: number): ReadableStream<readonly Delivery[]> {
    return this.#buffer.batches(max);
  }

  async drain(): Promise<void> {
    if (this.#session.closed) {
      throw closedError(`drain the subscription to "${this.#template}"`);
    }
    this.#wanted ??= "was drained and then cut short";
    await this.#buffer.drain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
    await this.#buffer.cancel().catch(() => {});
    this.#watch?.disposed();
  }

  #take(delivery: CoreDelivery): void {
    if (!this.#overflow.admits()) return;
    this.#watch?.came(delivery);
    if (!this.#buffer.push(delivery)) this.#watch?.gone([delivery]);
  }

  /** A round trip, and another one where the connection was lost in between: the client subscribes again by itself. */
  async #confirm(deed: string): Promise<void> {
    const { publishTimeoutMs } = this.#session.settings;
    for (;;) {
      await this.#session.ready(deed, publishTimeoutMs);
      try {
        await this.#session.flush();
        break;
      } catch (error) {
        if (!isMessagingError(error, "connection")) throw error;
      }
    }
    if (this.#denied !== undefined) throw this.#denied;
    if (this.#session.closed) throw closedError(deed);
  }

  async #stop(why: "drain" | "cancel"): Promise<void> {
    const session = this.#session;
    this.#watch?.ends();
    if (why === "drain") this.#raw.mute();
    else this.#raw.unsubscribe();
    const gentle = why === "drain" || this.#group !== undefined;
    try {
      // After it the server sends no more here, and what it had sent has arrived.
      if (gentle && session.connected && !session.closed) await session.flush();
    } catch {
      // Lost meanwhile: then it sends no more either.
    } finally {
      this.#leave();
    }
  }

  #end(): Promise<void> {
    this.#wanted ??= "was open at the shutdown";
    return this.#buffer.cancel();
  }

  #fail(error: MessagingError): void {
    this.#denied = error;
    this.#wanted ??= "was lost";
    this.#leave();
    this.#buffer.fail(error);
  }

  #lossOf(session: Session): MessagingError {
    const { cause } = session;
    const found = "the connection was lost";
    return new MessagingError(
      "connection",
      `Cannot read "${this.#template}": ${found}`,
      cause === undefined ? {} : { cause },
    );
  }

  #leave(): void {
    this.#watch?.ends();
    this.#raw.unsubscribe();
    this.#overflow.end();
    for (const forget of this.#forget.splice(0)) forget();
  }

  #lose(held: readonly Delivery[]): void {
    this.#watch?.gone(held);
    const why = this.#wanted ??
      (this.#group === undefined ? undefined : "left its group");
    if (why === undefined) return;
    const detail = `The subscription to "${this.#template}" ${why}`;
    this.#session.report({ kind: "lost", count: held.length, detail });
  }
}
