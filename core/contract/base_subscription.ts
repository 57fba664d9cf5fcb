import type { Awaitable } from "./awaitable.ts";
import type { BaseConnection } from "./base_connection.ts";
import type { Delivery } from "./delivery.ts";
import { DeliveryBuffer } from "./delivery_buffer.ts";
import type { Guarantees } from "./guarantees.ts";
import { HeldRetries } from "./_held_retries.ts";
import { onAbort } from "./on_abort.ts";
import type { Batches, Subscription } from "./subscription.ts";

/** Options for {@linkcode BaseSubscription}. */
export interface BaseSubscriptionOptions {
  /** Whose it is: its clock is used, and its shutdown disposes the subscription. */
  readonly connection: BaseConnection;
  /** What it promises. What it holds is extended by their `settleDeadlineMs`, where there is one. */
  readonly guarantees: Guarantees;
  /** Cancels the subscription when aborted. By default only the caller does. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A subscription over a {@linkcode DeliveryBuffer}: a broker pushes into `buffer`, and says how it stops.
 *
 * 1. It ends by a cancel, also that of its signal, by a drain that was read to its end, by its disposal, or by `fail`. Then nothing of it is left: no timer, no listener, no place in its connection's `subscriptions`.
 * 2. `stop` is called once, and not for a loss: that is the broker's own. After a cancel `handBack` follows, with what was never handed out.
 * 3. `again` is for brokers that deliver again only what a retry asks for, and only as long as the subscription is there. What has not come back at a drain is reported as lost.
 * 4. `disposed` is true from the moment of the disposal on: what was handed out and not settled is its reader's no more.
 *
 * @example A subscription that is pushed into
 * ```ts
 * import assert from "node:assert/strict";
 * import { BaseConnection, BaseSubscription, type Guarantees, type Publisher } from "@ruststream/core/contract";
 *
 * const guarantees: Guarantees = {
 *   ordering: "address",
 *   redelivery: "none",
 *   delayedRetry: false,
 *   countsAttempts: false,
 *   releaseCounts: false,
 *   persistence: "none",
 *   groups: false,
 *   patterns: false,
 *   headers: true,
 * };
 * class OwnSubscription extends BaseSubscription {
 *   receive(address: string): void {
 *     this.buffer.push({ message: { address, body: new Uint8Array() }, settle: () => {} });
 *   }
 * }
 * class OwnConnection extends BaseConnection {
 *   readonly publisher: Publisher = { confirms: "sent", publish: () => {} };
 *   async subscribe(): Promise<OwnSubscription> {
 *     return new OwnSubscription({ connection: this, guarantees });
 *   }
 * }
 *
 * await using connection = new OwnConnection();
 * const subscription = await connection.subscribe();
 * subscription.receive("orders");
 * await subscription.drain();
 * const deliveries = await Array.fromAsync(subscription.deliveries);
 * assert.equal(deliveries.length, 1);
 * ```
 *
 * @typeParam D What the broker makes of a message.
 */
export abstract class BaseSubscription<D extends Delivery = Delivery>
  implements Subscription<D>, Batches<D> {
  /** What this subscription promises. */
  readonly guarantees: Guarantees;
  /** What the broker pushes into. */
  protected readonly buffer: DeliveryBuffer<D>;
  readonly #connection: BaseConnection;
  readonly #retries: HeldRetries<D>;
  readonly #forget: () => void;
  #disposed = false;

  /** Opens it. Throws the signal's reason where that is aborted already. */
  constructor({ connection, guarantees, signal }: BaseSubscriptionOptions) {
    // Not a cancel: the members of the class that extends this one are not there yet.
    signal?.throwIfAborted();
    const { settleDeadlineMs } = guarantees;
    const { clock, subscriptions } = connection;
    this.guarantees = guarantees;
    this.#connection = connection;
    this.buffer = new DeliveryBuffer<D>({
      handBack: (deliveries) => this.handBack(deliveries),
      onDemand: (count) => this.demanded(count),
      onStop: (why) => this.#stop(why),
      onEnd: () => this.#end(),
      clock,
      ...(settleDeadlineMs !== undefined && { settleDeadlineMs }),
    });
    this.#retries = new HeldRetries(this.buffer, clock);
    subscriptions.add(this);
    // A cancel that fails has nobody to tell: whoever aborts does not wait for it.
    this.#forget = onAbort(signal, () => void this.cancel().catch(() => {}));
  }

  /** One delivery a chunk. */
  get deliveries(): ReadableStream<D> {
    return this.buffer.deliveries;
  }

  /** Whether its connection is closed: for `isClosed` of its deliveries. */
  get closed(): boolean {
    return this.#connection.state === "closed";
  }

  /** Whether it was disposed: for `lost` of its deliveries. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** Several deliveries a chunk. */
  batches(max: number): ReadableStream<readonly D[]> {
    return this.buffer.batches(max);
  }

  /** The broker sends no more; the stream gives what had already arrived, then closes. */
  drain(): Promise<void> {
    return this.buffer.drain();
  }

  /** Stops intake, and gives back what was never handed out. */
  cancel(): Promise<void> {
    return this.buffer.cancel();
  }

  /** Cancels. A broker that keeps what is unsettled takes that back too. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await this.cancel();
  }

  /** Delivers what a retry or a release asked for, not sooner than in so many milliseconds. False where the subscription takes no more: it cannot come back. */
  protected again(delivery: D, afterMs = 0): boolean {
    return this.#retries.hold(delivery, afterMs);
  }

  /** The subscription is lost: errors its stream with the cause. */
  protected fail(cause: unknown): void {
    this.buffer.fail(cause);
  }

  /** Told when a reader waits at an empty buffer, and how many it would take at most. By default nothing is done: the broker pushes by itself. */
  protected demanded(_count: number): void {}

  /** Stops the broker's sending, once. A drain still takes what is pushed until this ends. By default nothing is to be done. */
  protected stop(_why: "drain" | "cancel"): Awaitable<void> {}

  /** Takes back what was never handed out. By default it is nobody's: each subscription gets each message. */
  protected handBack(_deliveries: readonly D[]): Awaitable<void> {}

  #stop(why: "drain" | "cancel"): Awaitable<void> {
    // None at a cancel: whoever wants no more of it has ended them already.
    const count = this.#retries.end();
    if (count > 0) {
      this.#connection.report({
        kind: "lost",
        count,
        detail: "A subscription was drained before the time of its retries",
      });
    }
    return this.stop(why);
  }

  #end(): void {
    this.#forget();
    this.#retries.end();
    const leave = (): void => void this.#connection.subscriptions.delete(this);
    // A shutdown waits for what a cancel still has to give back.
    this.cancel().then(leave, leave);
  }
}
