/**
 * Prometheus metrics of an application: counted in numbers of our own, and shown as a page or in the registry of `prom-client` that is given.
 *
 * @module
 */
export type { PageFormat } from "./exposition.ts";
export { metrics } from "./metrics.ts";
export type { Metrics, MetricsPage, PageOptions } from "./metrics.ts";
export type { MetricsOptions } from "./options.ts";
export type { MetricRegistry } from "./registry.ts";
