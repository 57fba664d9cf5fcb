/**
 * RustStream: declared channels, handlers that return how a delivery ends, and a runtime that keeps the same promises on every broker.
 *
 * @module
 */
export type {
  AppDescription,
  BrokerDescription,
  SubscriberDescription,
  Support,
} from "./app/describe.ts";
export type { Fits, MountOf } from "./app/fits.ts";
export type { MountOptions } from "./app/mount_options.ts";
export { Router } from "./app/router.ts";
export type { RouterOptions } from "./app/router.ts";
export { RustStream } from "./app/ruststream.ts";
export type {
  AppInfo,
  BrokerOptions,
  Health,
  Hook,
  HookContext,
  Running,
  Scope,
  StartOptions,
  StopReport,
  Teardown,
} from "./app/types.ts";
export { bytes, channel, text, type } from "./channel.ts";
export type { ChannelOptions } from "./channel.ts";
export * from "./codecs.ts";
export * from "./context.ts";
export * from "./log.ts";
export type {
  BrokerNotice,
  DeliveryEvent,
  FinishedEvent,
  HeldEvent,
  Notice,
  Observer,
  PublishedEvent,
  SettledEvent,
} from "./observe.ts";
export * from "./out.ts";
export { ack, Outcome, reject, reply, retry } from "./outcome.ts";
export type { Reply, ReplyOptions, RetryOutcomeOptions } from "./outcome.ts";
export * from "./publish_types.ts";
export { publisher } from "./publisher.ts";
export * from "./settings.ts";
export * from "./subscriber.ts";
export * from "./subscriber_types.ts";
export * from "./writable.ts";
