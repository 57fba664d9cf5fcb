/**
 * NATS as a broker: core subjects on the official client, over a transport of our own.
 *
 * @example Settings, without a server
 * ```ts
 * import assert from "node:assert/strict";
 * import { natsBroker } from "@ruststream/nats";
 *
 * const broker = natsBroker({ servers: ["nats://a.example", "nats://b.example"] });
 * assert.equal(broker.guarantees.redelivery, "none");
 * ```
 *
 * @module
 */
export type { NativeConnection, NativeJetStream } from "./native.ts";
export type {
  NatsAuth,
  NatsBackoffOptions,
  NatsBrokerOptions,
  NatsJetStreamOptions,
  NatsTlsOptions,
} from "./options.ts";
export { natsBroker } from "./nats_broker.ts";
export type { NatsBrokerMaker } from "./nats_broker.ts";
export type { NatsBroker, NatsInProcessOptions } from "./nats_broker_types.ts";
export type { NatsConnection } from "./nats_connection.ts";
export type { NatsPublisher, NatsPublishOptions } from "./publisher.ts";
export { coreSink, subject } from "./subject.ts";
export type {
  CoreSinkOptions,
  NatsSubscription,
  SubjectOptions,
} from "./subject_types.ts";
export * from "./jetstream/mod.ts";
export * from "./kv/mod.ts";
export * from "./objects/mod.ts";
export * from "./services/mod.ts";
