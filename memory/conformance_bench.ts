/**
 * How the conformance suite tries this broker.
 *
 * @module
 */
import type { ConformanceRunOptions } from "@ruststream/conformance";
import { VirtualClock } from "@ruststream/core/testing";
import {
  MemoryBroker,
  type MemoryConnection,
  type MemoryDelivery,
} from "@ruststream/memory";

// Enough for all that a check has waiting, and soon filled.
const capacity = 2_048;
const kept = 100;

/** Makes the bench of one run: time is virtual, and what can be claimed is. */
export function bench(): ConformanceRunOptions {
  return {
    broker: () =>
      new MemoryBroker({
        capacity,
        publishTimeoutMs: 1_000,
        retain: { messages: kept },
      }),
    clock: () => new VirtualClock(),
    maxBodyBytes: 1_048_576,
    maxWaiting: capacity,
    maxTransaction: capacity,
    secret: "s3cret",
    scale: 0.2,
    kept: (connection) => connection as MemoryConnection,
    log: {
      open: (connection, address) =>
        (connection as MemoryConnection).readLog(address, { from: "end" }),
      position: (delivery) => (delivery as MemoryDelivery).position,
      forget: async ({ publisher }, address) => {
        for (let left = kept; left > 0; left--) {
          await publisher.publish({ address, body: new Uint8Array() });
        }
      },
    },
  };
}
