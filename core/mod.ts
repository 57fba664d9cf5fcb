/**
 * RustStream: declared channels, handlers that return how a delivery ends, and a runtime that keeps the same promises on every broker.
 *
 * @module
 */
export { declarations } from "./app/declarations.ts";
export type {
  Declarations,
  DeclaredBroker,
  DeclaredMessages,
  DeclaredSlot,
  DeclaredSubscriber,
} from "./app/declarations.ts";
export type {
  AppDescription,
  BrokerDescription,
  SubscriberDescription,
} from "./app/describe.ts";
export type {
  SettingDescription,
  SettingName,
  Support,
} from "./app/describe_settings.ts";
export type { Fits, MountArgs, Unmet } from "./app/fits.ts";
export { on } from "./app/elsewhere.ts";
export type { Elsewhere } from "./app/elsewhere.ts";
export type { MountOptions, SinkOf, SlotSinks } from "./app/mount_options.ts";
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
export type { Answered, ChannelOptions } from "./channel.ts";
export * from "./codecs.ts";
export * from "./context.ts";
export * from "./log.ts";
export type {
  AppEvent,
  BrokerNotice,
  DeliveryEvent,
  FinishedEvent,
  HeldEvent,
  Notice,
  Observer,
  PublishedEvent,
  RefusedEvent,
  SettledEvent,
  StartedEvent,
  SubscribedEvent,
} from "./observe.ts";
export * from "./publish/out.ts";
export { mapOutcome } from "./dispatch/pending.ts";
export { ack, Outcome, reject, reply, retry } from "./outcome.ts";
export type { Reply, ReplyOptions, RetryOutcomeOptions } from "./outcome.ts";
export type {
  Publish,
  PublishMiddleware,
  PublishTarget,
} from "./publish/publish_middleware.ts";
export * from "./pipeline/mod.ts";
export * from "./publish/publish_types.ts";
export { publisher } from "./publish/publisher.ts";
export * from "./settings.ts";
export * from "./subscriber.ts";
export * from "./subscriber_types.ts";
export * from "./publish/writable.ts";
