import type { AddressPattern } from "./address.ts";
import type {
  BrokerEvent,
  Connection,
  ConnectOptions,
  SubscribeOptions,
} from "./broker.ts";
import { type Clock, systemClock } from "./clock.ts";
import { MessagingError } from "./errors.ts";
import type { Publisher } from "./publisher.ts";
import type { Subscription } from "./subscription.ts";

/**
 * The ladder of a connection: open, then closed, by {@linkcode Connection.shutdown} or because it was lost.
 *
 * 1. `shutdown` closes it before anything else runs. Then all that stands in `subscriptions` is disposed, and then `end` is called; all of it is tried, and what went wrong is what it rejects with.
 * 2. A second call waits too, and resolves whatever came of the first: who called that was told.
 * 3. `closed` resolves when all that is done, also where it failed; when the connection was lost, at once and with the cause.
 *
 * @example A connection that has nothing to end
 * ```ts
 * import assert from "node:assert/strict";
 * import { BaseConnection, type Publisher, type Subscription } from "@ruststream/core/contract";
 *
 * class OwnConnection extends BaseConnection {
 *   readonly publisher: Publisher = {
 *     confirms: "sent",
 *     publish: async () => this.checkOpen("publish"),
 *   };
 *   async subscribe(): Promise<Subscription> {
 *     throw new TypeError("Cannot subscribe: there is nothing to read");
 *   }
 * }
 *
 * const connection = new OwnConnection();
 * await connection.shutdown();
 * assert.equal(connection.state, "closed");
 * const message = { address: "orders", body: new Uint8Array() };
 * await assert.rejects(async () => await connection.publisher.publish(message), { code: "closed" });
 * ```
 */
export abstract class BaseConnection implements Connection {
  /** The default publisher. */
  abstract readonly publisher: Publisher;
  /** Resolves when the connection is gone for good. */
  readonly closed: Promise<Error | undefined>;
  /** Time for everything on this connection. */
  readonly clock: Clock;
  /** Told what happens to the connection. */
  readonly report: (event: BrokerEvent) => void;
  /** What is disposed at a shutdown; what ends before takes itself out, as a {@linkcode BaseSubscription} does. */
  readonly subscriptions: Set<AsyncDisposable> = new Set();
  readonly #resolveClosed: (cause: Error | undefined) => void;
  #open = true;
  #ending: Promise<void> | undefined;

  /** Makes a connection that is open. */
  constructor({ clock, report }: ConnectOptions = {}) {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.clock = clock ?? systemClock;
    this.report = report ?? (() => {});
    this.closed = promise;
    this.#resolveClosed = resolve;
  }

  /** Open or closed. A broker that connects again by itself overrides it. */
  get state(): Connection["state"] {
    return this.#open ? "connected" : "closed";
  }

  /** The default way to subscribe. */
  abstract subscribe(
    address: AddressPattern,
    options?: SubscribeOptions,
  ): Promise<Subscription>;

  /** Closes the connection, and ends what was made of it. */
  shutdown(): Promise<void> {
    if (this.#ending !== undefined) return this.#ending.catch(() => {});
    this.#open = false;
    // The promise is there first: what ends may shut its connection down too.
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ending = promise;
    resolve(this.#endAll());
    return promise;
  }

  /** The same as {@linkcode BaseConnection.shutdown}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  /** Flushes what was published and settled, and lets go. Called once, when all subscriptions have ended. By default nothing is to be done. */
  protected async end(): Promise<void> {}

  /** The connection is lost for good. A shutdown after that still ends what was made of it. */
  protected lose(cause: Error): void {
    this.#open = false;
    this.#resolveClosed(cause);
  }

  /**
   * Refuses what needs the connection once it is closed.
   *
   * @param deed What cannot be done then, in words: `publish to "orders"`.
   * @throws {MessagingError} `closed`, if the connection is closed.
   */
  protected checkOpen(deed: string): void {
    if (this.#open) return;
    throw new MessagingError(
      "closed",
      `Cannot ${deed}: the connection is closed`,
    );
  }

  async #endAll(): Promise<void> {
    const failures = await failuresOf(
      [...this.subscriptions].map((each) => () => each[Symbol.asyncDispose]()),
    );
    failures.push(...await failuresOf([() => this.end()]));
    this.#resolveClosed(undefined);
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) {
      throw new AggregateError(
        failures,
        `Cannot shut down a connection: ${failures.length} of its ends failed`,
      );
    }
  }
}

// Does all of it at once, and waits for all of it.
async function failuresOf(
  works: readonly (() => PromiseLike<void>)[],
): Promise<unknown[]> {
  const ends = await Promise.allSettled(
    works.map(async (work) => await work()),
  );
  return ends.flatMap((end) => end.status === "rejected" ? [end.reason] : []);
}
