/**
 * The service API of NATS: endpoints that can be discovered, and discovery.
 *
 * @module
 */
export * from "./discovery.ts";
export { service } from "./service.ts";
export * from "./service_error.ts";
export * from "./service_types.ts";
