/**
 * What tests of a service need: the service itself on a clock that stands still until it is told to move, what came of each message, and a broker that breaks in one way.
 *
 * @module
 */
export {
  type AppFault,
  type AppFaults,
  appFaults,
  type DisconnectOptions,
  type FaultOptions,
  type RefusePublishOptions,
} from "./app_faults.ts";
export { AssertionError, UnrestError } from "./assertion_error.ts";
export type { Attempt, HandlerCall } from "./call.ts";
export type { Fault, FaultySubscription, OpenBatches } from "./fault.ts";
export { faults, faulty } from "./faulty.ts";
export type { PendingWait } from "./pending.ts";
export type {
  BesidePayload,
  PublishedMessage,
  PublishedMessages,
} from "./published_messages.ts";
export { atLeastOnce, idempotent } from "./invariants.ts";
export { replay, simulate } from "./simulate.ts";
export type {
  HandledMessage,
  Invariant,
  ReplayOptions,
  SimulatedMessage,
  SimulatedRun,
  SimulateOptions,
  SimulationReport,
  SimulationScript,
} from "./simulation.ts";
export { SimulationError, type SimulationFinding } from "./simulation_error.ts";
export { testApp } from "./test_app.ts";
export type { TestAppOptions } from "./test_app_options.ts";
export type { AskOptions, SendOptions, TestApp } from "./test_app_types.ts";
export type { PublishedBy, TestEvent, TestOutcome } from "./test_event.ts";
export type {
  SlotName,
  SlotPayload,
  TestedSubscriber,
} from "./tested_subscriber.ts";
export * from "./virtual_clock.ts";
