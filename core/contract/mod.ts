/**
 * The contract between RustStream and its brokers: what a broker author implements, and nothing of the runtime.
 *
 * @module
 */
export * from "./address.ts";
export * from "./awaitable.ts";
export * from "./broker.ts";
export * from "./channel.ts";
export * from "./clock.ts";
export * from "./codec.ts";
export * from "./delivery.ts";
export * from "./delivery_buffer.ts";
export * from "./errors.ts";
export * from "./guarantees.ts";
export * from "./headers.ts";
export * from "./message.ts";
export * from "./on_abort.ts";
export * from "./publisher.ts";
export * from "./schema.ts";
export * from "./source.ts";
export * from "./subscription.ts";
