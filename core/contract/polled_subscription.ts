import {
  BaseSubscription,
  type BaseSubscriptionOptions,
} from "./base_subscription.ts";
import type { Clock } from "./clock.ts";
import type { Delivery } from "./delivery.ts";

/** Options for {@linkcode PolledSubscription}. */
export interface PolledSubscriptionOptions extends BaseSubscriptionOptions {
  /** How long to wait, where there was nothing, before it looks again, in milliseconds. */
  readonly pollMs: number;
}

/**
 * A subscription to a broker that must be asked: a file, a table, a service with long polls.
 *
 * 1. `fetch` is called while a reader waits, and only then; never twice at once. Where it brings nothing it is called again after `pollMs`.
 * 2. Its signal is aborted when the subscription stops: by a cancel or a drain. That waits for it; what it still brings is drained, or handed back.
 * 3. If it throws, the subscription is lost, with that for a cause.
 * 4. At a drain `fetchRest` is called once, for what is there at that moment.
 *
 * @example Messages of a list
 * ```ts
 * import assert from "node:assert/strict";
 * import { BaseConnection, type Delivery, type Guarantees, PolledSubscription, type Publisher } from "@ruststream/core/contract";
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
 * const list: Delivery[] = ["a", "b"].map((address) => ({
 *   message: { address, body: new Uint8Array() },
 *   settle: () => {},
 * }));
 * class ListSubscription extends PolledSubscription {
 *   protected async fetch(count: number): Promise<readonly Delivery[]> {
 *     return list.splice(0, count);
 *   }
 * }
 * class ListConnection extends BaseConnection {
 *   readonly publisher: Publisher = { confirms: "sent", publish: () => {} };
 *   async subscribe(): Promise<ListSubscription> {
 *     return new ListSubscription({ connection: this, guarantees, pollMs: 10 });
 *   }
 * }
 *
 * await using connection = new ListConnection();
 * const { deliveries } = await connection.subscribe();
 * const { value } = await deliveries.getReader().read();
 * assert.equal(value?.message.address, "a");
 * assert.equal(list.length, 1);
 * ```
 *
 * @typeParam D What the broker makes of a message.
 */
export abstract class PolledSubscription<D extends Delivery = Delivery>
  extends BaseSubscription<D> {
  readonly #clock: Clock;
  readonly #pollMs: number;
  readonly #over: AbortController = new AbortController();
  #polling: Promise<void> | undefined;

  /**
   * Opens it, and asks for nothing yet. Throws the signal's reason where that is aborted already.
   *
   * @throws {RangeError} If `pollMs` is not a number above 0.
   */
  constructor(options: PolledSubscriptionOptions) {
    const { connection, pollMs } = options;
    if (!(pollMs > 0)) {
      throw new RangeError(
        `Cannot poll: expected pollMs to be a number above 0, found ${pollMs}`,
      );
    }
    super(options);
    this.#clock = connection.clock;
    this.#pollMs = pollMs;
  }

  /** Takes up to so many that are there; none where there are none. It may wait for some, until the signal is aborted. */
  protected abstract fetch(
    count: number,
    signal: AbortSignal,
  ): Promise<readonly D[]>;

  /** Takes all that is there at this moment, for a drain. By default nothing: what was not asked for stays where it is. */
  protected fetchRest(): Promise<readonly D[]> {
    return Promise.resolve([]);
  }

  /** Loses the subscription, and ends what is under way. */
  protected override fail(cause: unknown): void {
    this.#over.abort();
    super.fail(cause);
  }

  /** Begins to look. */
  protected override demanded(): void {
    this.#polling ??= this.#poll();
  }

  /** Ends what is under way, and waits for it. */
  protected override async stop(why: "drain" | "cancel"): Promise<void> {
    this.#over.abort();
    await this.#polling;
    if (why === "drain") await this.#push(await this.fetchRest());
  }

  async #poll(): Promise<void> {
    const { signal } = this.#over;
    try {
      while (this.buffer.demand > 0 && !signal.aborted) {
        const found = await this.fetch(this.buffer.demand, signal);
        if (found.length > 0) await this.#push(found);
        else await this.#clock.sleep(this.#pollMs, signal);
      }
    } catch (cause) {
      if (!signal.aborted) this.fail(cause);
    }
    this.#polling = undefined;
  }

  // What comes too late was never handed out.
  async #push(found: readonly D[]): Promise<void> {
    const late = found.filter((delivery) => !this.buffer.push(delivery));
    if (late.length > 0) await this.handBack(late);
  }
}
