/**
 * What tests of a service need. So far a clock that stands still until it is told to move.
 *
 * @module
 */
export * from "./virtual_clock.ts";
