/**
 * Middleware that most services want, to be put around their handlers: limits of time and rate, duplicates, circuits, correlation and a line a message.
 *
 * From the outside in: {@linkcode correlate}, {@linkcode logging}, {@linkcode deduplicate}, {@linkcode circuitBreaker}, {@linkcode rateLimit}, {@linkcode timeout}.
 *
 * @module
 */
export * from "./circuit_breaker.ts";
export * from "./correlate.ts";
export * from "./deduplicate.ts";
export * from "./deduplication_store.ts";
export * from "./logging.ts";
export * from "./memory_deduplication_store.ts";
export { messageIdOf } from "./message_id.ts";
export * from "./rate_limit.ts";
export * from "./timeout.ts";
