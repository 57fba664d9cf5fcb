import type { TestEvent } from "./test_event.ts";
import type { PendingWait } from "./pending.ts";

/**
 * What a failed assertion of a test throws: what was expected, what arrived, and what happened last.
 *
 * @example Every runner shows its message
 * ```ts
 * import assert from "node:assert/strict";
 * import { AssertionError } from "@ruststream/core/testing";
 *
 * const error = new AssertionError("Expected 1 call of orders, found 0", []);
 * assert.equal(error.name, "AssertionError");
 * ```
 */
export class AssertionError extends Error {
  /** What runners know failed assertions by. */
  override readonly name = "AssertionError";
  /** The events that the message ends with. */
  readonly events: readonly TestEvent[];

  /** Keeps the events beside the message. */
  constructor(message: string, events: readonly TestEvent[]) {
    super(message);
    this.events = events;
  }
}

/**
 * An application under test does not come to rest: it goes round for ever, or something does not end in time.
 *
 * @example It says what goes on
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, retry, RustStream, subscriber } from "@ruststream/core";
 * import { testApp } from "@ruststream/core/testing";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const app = new RustStream({ title: "shop", version: "1.0.0" })
 *   .withBroker(new MemoryBroker(), (b) => b.include(subscriber(orders, () => retry({ afterMs: 0 }))));
 *
 * await using t = await testApp(app, { maxSteps: 100 });
 * await assert.rejects(t.publish(orders, { id: 1 }), /"orders" of orders ran \d+ times/);
 * ```
 */
export class UnrestError extends Error {
  /** Tells it apart in each copy of this module. */
  override readonly name = "UnrestError";
  /** What waits or runs. */
  readonly pending: readonly PendingWait[];

  /** Keeps what waits or runs beside the message. */
  constructor(message: string, pending: readonly PendingWait[]) {
    super(message);
    this.pending = pending;
  }
}
