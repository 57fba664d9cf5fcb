import { MessagingError } from "../contract/errors.ts";
import { ack, Outcome } from "../outcome.ts";
import { endBy } from "../dispatch/end.ts";
import type { Claim } from "./claim.ts";
import type { Place } from "./link.ts";

/** A payload in a pipeline: what is owed for it, and its place among the parts of its delivery. */
export interface Parcel {
  readonly payload: unknown;
  readonly claim: Claim;
  readonly at: Place;
}

interface Friends {
  make(parcel: Parcel): Received<unknown>;
  take(received: Received<unknown>, deed: string): Parcel;
  has(value: object): boolean;
}
const friends = {} as Friends;

/**
 * A payload and what it owes.
 *
 * It is used once: by a stage, a sink, {@linkcode Received.with} or {@linkcode Received.settle}. A second use throws, or rejects with, `settled`.
 *
 * @example Read by hand
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, publisher, readable } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * await using connection = await new MemoryBroker().connect();
 * const reader = readable(connection, orders).readable.getReader();
 * const first = reader.read();
 * await publisher(connection).publish(orders, { id: 1 });
 * const { value } = await first;
 * assert.equal(value?.payload.id, 1);
 * await value?.settle();
 * await reader.cancel();
 * ```
 */
export class Received<out T> {
  /** The payload. */
  readonly payload: T;
  readonly #parcel: Parcel;
  #isUsed = false;

  private constructor(parcel: Parcel) {
    this.payload = parcel.payload as T;
    this.#parcel = parcel;
  }

  static {
    friends.make = (parcel) => new Received(parcel);
    friends.take = (received, deed) => received.#take(deed);
    friends.has = (value) => #parcel in value;
  }

  /** Where the message was sent; of a batch, its first. */
  get address(): string {
    return this.#parcel.claim.address;
  }

  /** 1 for the first run; of a batch, that of its first. */
  get attempt(): number {
    return this.#parcel.claim.attempt;
  }

  /**
   * Another payload that owes the same. This one is used by it.
   *
   * @throws {MessagingError} `settled` if it was used before.
   */
  with<U>(payload: U): Received<U> {
    return received({ ...this.#take("change"), payload }) as Received<U>;
  }

  /**
   * Ends what is owed. Of several parts of one delivery the worst end counts, and is told to the broker with the last one; then the work for after each that ended so is done.
   *
   * Resolves when the broker has taken it; at once where other parts are still owed, or where the runtime holds the delivery for a retry. Rejects with `settled` where this was used before, and with what the broker says where it refuses.
   */
  // deno-lint-ignore require-await -- what is thrown must reject
  async settle(outcome: Outcome = ack()): Promise<void> {
    if (!(outcome instanceof Outcome) || outcome.reply !== undefined) {
      throw new TypeError(
        "Cannot settle a payload of a pipeline: expected ack(), retry() or reject()",
      );
    }
    const { claim } = this.#take("settle");
    const settled = claim.settled();
    claim.end(endBy(outcome));
    return settled;
  }

  #take(deed: string): Parcel {
    if (this.#isUsed) {
      throw new MessagingError(
        "settled",
        `Cannot ${deed} a payload of "${this.address}": it was used before`,
      );
    }
    this.#isUsed = true;
    return this.#parcel;
  }
}

/** Gives a parcel into the hands of who reads a stream. */
export function received(parcel: Parcel): Received<unknown> {
  return friends.make(parcel);
}

/**
 * Takes a parcel back from a stream.
 *
 * @throws {TypeError} If it is no {@linkcode Received}.
 * @throws {MessagingError} `settled` if it was used before.
 */
export function takeParcel(chunk: unknown, deed: string): Parcel {
  if (typeof chunk === "object" && chunk !== null && friends.has(chunk)) {
    return friends.take(chunk as Received<unknown>, deed);
  }
  throw new TypeError(
    `Cannot ${deed} a chunk that is not Received: nobody would know what it owes`,
  );
}
