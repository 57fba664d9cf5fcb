/**
 * The conformance suite for broker authors: each promise of the contract, tried on a broker.
 *
 * @module
 */
export { allChecks as checks } from "./all_checks.ts";
export type { Ending } from "./assertions.ts";
export type { Bench, TapOptions, Way } from "./bench.ts";
export type {
  BenchClock,
  BenchOptions,
  BenchSettings,
  LogBench,
} from "./bench_options.ts";
export type { Check } from "./check.ts";
export type { BenchAbility, Capability, Claims, Gate } from "./claim_types.ts";
export * from "./conformance.ts";
export { ConformanceError } from "./conformance_error.ts";
export type {
  CheckResult,
  ConformanceReport,
  ConformanceRunOptions,
} from "./run.ts";
export { runConformance } from "./run.ts";
export { type BrokerAnswers, sameAnswers } from "./same_answers.ts";
export type { Tap, TapBench } from "./tap.ts";
