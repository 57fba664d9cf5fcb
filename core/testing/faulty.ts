import type { Broker, ConnectOptions } from "../contract/mod.ts";
import type { Fault } from "./fault.ts";
import { faultyAborts } from "./faulty_aborts.ts";
import { faultyAskingMany } from "./faulty_asking_many.ts";
import { faultyCapabilities } from "./faulty_capabilities.ts";
import { faultyConnection } from "./faulty_connection.ts";
import { faultyCuts } from "./faulty_cuts.ts";
import { faultyEnding } from "./faulty_ending.ts";
import { faultyKeeping } from "./faulty_keeping.ts";
import { faultyKept } from "./faulty_kept.ts";
import { faultyLadder } from "./faulty_ladder.ts";
import { faultyLimits } from "./faulty_limits.ts";
import { faultyPublishing } from "./faulty_publishing.ts";
import { faultyReading } from "./faulty_reading.ts";
import { replaced } from "./faulty_replace.ts";
import { faultySeeking } from "./faulty_seeking.ts";
import { faultySettling } from "./faulty_settling.ts";
import { faultySubscribing } from "./faulty_subscribing.ts";
import { faultyTransactions } from "./faulty_transactions.ts";

/** Every fault by its name. Each is made anew for each broker, so that none remembers another. */
export const faults: Readonly<Record<string, () => Fault>> = Object.freeze({
  ...faultyAborts,
  ...faultyAskingMany,
  ...faultyCapabilities,
  ...faultyCuts,
  ...faultyEnding,
  ...faultyKeeping,
  ...faultyKept,
  ...faultyLadder,
  ...faultyLimits,
  ...faultyPublishing,
  ...faultyReading,
  ...faultySeeking,
  ...faultySettling,
  ...faultySubscribing,
  ...faultyTransactions,
});

/**
 * Breaks a broker in one way: what a test of retries, of a dead letter or of a conformance check needs.
 *
 * Everything else works as it did. The readers of its subscriptions come from `getReader()`.
 *
 * @example A retry that never comes back
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseAddress } from "@ruststream/core/contract";
 * import { faulty } from "@ruststream/core/testing";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const broker = faulty(new MemoryBroker(), "loses-retry");
 * await using connection = await broker.connect();
 * const orders = await connection.subscribe(parseAddress("orders"));
 * await connection.publisher.publish({ address: "orders", body: new Uint8Array() });
 * const { value } = await orders.deliveries.getReader().read();
 * await value?.settle({ kind: "retry" });
 * assert.deepEqual(await orders.backlog?.(), { waiting: 0, unsettled: 0 });
 * ```
 *
 * @param broker Any broker. It is not changed.
 * @param fault A name of {@linkcode faults}, or a fault of one's own.
 * @throws {TypeError} If there is no fault of that name.
 */
export function faulty<B extends Broker>(broker: B, fault: string | Fault): B {
  const { [fault as string]: make } = faults;
  const how = typeof fault === "string" ? make?.() : fault;
  if (how === undefined) {
    throw new TypeError(
      `Cannot break a broker by "${fault}": there is no such fault`,
    );
  }
  return replaced(broker, {
    connect: async (options: ConnectOptions = {}) =>
      faultyConnection(how, await broker.connect(options), options),
    ...how.broker?.(broker),
  });
}
