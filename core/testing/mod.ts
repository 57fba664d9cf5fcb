/**
 * What tests of a service need: a clock that stands still until it is told to move, and a broker that breaks in one way.
 *
 * @module
 */
export * from "./virtual_clock.ts";
export type { Fault, FaultySubscription, OpenBatches } from "./fault.ts";
export { faults, faulty } from "./faulty.ts";
