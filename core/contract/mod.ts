/**
 * The contract between RustStream and its brokers: what a broker author implements, and nothing of the runtime.
 *
 * @module
 */
export * from "./address.ts";
export * from "./awaitable.ts";
export * from "./base_connection.ts";
export * from "./base_delivery.ts";
export * from "./base_subscription.ts";
export * from "./broker.ts";
export * from "./channel.ts";
export * from "./check_message.ts";
export * from "./check_options.ts";
export * from "./check_request.ts";
export * from "./check_subscribe.ts";
export * from "./clock.ts";
export * from "./codec.ts";
export * from "./delivery.ts";
export * from "./delivery_buffer.ts";
export * from "./errors.ts";
export * from "./guarantees.ts";
export { deliveredHeaders, headers } from "./headers.ts";
export type { HeadersInput, MessageHeaders } from "./headers.ts";
export * from "./keeps.ts";
export * from "./message.ts";
export * from "./on_abort.ts";
export * from "./polled_subscription.ts";
export * from "./publisher.ts";
export * from "./schema.ts";
export * from "./settle_once.ts";
export * from "./source.ts";
export * from "./subscription.ts";
export * from "./until_aborted.ts";
export * from "./utf8.ts";
