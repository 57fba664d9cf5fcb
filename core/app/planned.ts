import type { AddressPattern } from "../contract/address.ts";
import type { Broker } from "../contract/broker.ts";
import type { AsyncCodec, Codec } from "../contract/codec.ts";
import type { Guarantees } from "../contract/guarantees.ts";
import type { Publisher } from "../contract/publisher.ts";
import type { Source } from "../contract/source.ts";
import type { Middleware } from "../context.ts";
import type { Definition } from "../definition.ts";
import type { Policy } from "../dispatch/policy.ts";
import type { PublishMiddleware } from "../publish/publish_middleware.ts";
import type { Inclusion } from "./router.ts";
import type { AppInfo, BrokerOptions } from "./types.ts";

/** A subscriber with everything merged and checked, and nothing opened. */
export interface PlannedSubscriber {
  readonly name: string;
  readonly definition: Definition;
  readonly mount: Inclusion["mount"];
  readonly policy: Policy;
  readonly pattern: AddressPattern;
  readonly source: Source<never> | undefined;
  readonly codec: Codec | AsyncCodec;
  /** Outermost first, the subscriber's own last. */
  readonly middleware: readonly Middleware[];
  /** Outermost first, the subscriber's own last. */
  readonly publishMiddleware: readonly PublishMiddleware[];
  /** The least that its subscription promises. */
  readonly guarantees: Guarantees;
  /** Says what a message of its transactions is published as: for a test that wants to know. */
  readonly publishingAs?: (
    on: Publisher,
    as: "slot" | "reply",
    slot?: string,
  ) => Publisher;
  /** What it asks for and the broker does not have, with the reason: the start fails. */
  readonly refused: Readonly<Record<string, string>>;
}

/** Subscribers that read one subscription. */
export type PlannedSubscription = readonly [
  PlannedSubscriber,
  ...PlannedSubscriber[],
];

/** A broker and what is mounted on it. */
export interface PlannedBroker {
  readonly broker: Broker;
  readonly options: BrokerOptions;
  /** What is published by hand there is coded by it, where the channel has nothing to say. */
  readonly codec: Codec | AsyncCodec | undefined;
  /** Whether what is published by hand there is named. */
  readonly messageIds: boolean;
  readonly subscriptions: readonly PlannedSubscription[];
  /** Around what is published by hand there, outermost first. */
  readonly publishMiddleware: readonly PublishMiddleware[];
}

/** An application, checked. */
export interface AppPlan {
  readonly info: AppInfo;
  readonly brokers: readonly PlannedBroker[];
}
