/**
 * Spans and measurements of an application by `@opentelemetry/api`: whatever SDK a service has set up gets them, and without one nothing is made.
 *
 * @module
 */
export type { OpenTelemetryApi, SystemOf } from "./api.ts";
export { instruments } from "./instruments.ts";
export type { InstrumentsOptions } from "./instruments.ts";
export { tracing } from "./tracing.ts";
export type { Tracing, TracingOptions } from "./tracing.ts";
