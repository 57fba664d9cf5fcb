import type {
  AppEvent,
  BrokerNotice,
  DeliveryEvent,
  FinishedEvent,
  HeldEvent,
  Notice,
  PublishedEvent,
  RefusedEvent,
  SettledEvent,
  StartedEvent,
  SubscribedEvent,
} from "@ruststream/core";

/** What is published on each channel, by the channel's name. */
export interface DiagnosticsEvents {
  /** The application begins to do something else. */
  readonly "ruststream:app": AppEvent;
  /** A subscription is open, and is read from now on. */
  readonly "ruststream:subscribed": SubscribedEvent;
  /** A delivery came from the broker. */
  readonly "ruststream:received": DeliveryEvent;
  /** A delivery is not handed to its handler. */
  readonly "ruststream:refused": RefusedEvent;
  /** A handler starts. */
  readonly "ruststream:started": StartedEvent;
  /** A handler has ended. */
  readonly "ruststream:finished": FinishedEvent;
  /** A delivery has ended. */
  readonly "ruststream:settled": SettledEvent;
  /** A delivery is held for a retry. */
  readonly "ruststream:held": HeldEvent;
  /** A message was published, or could not be. */
  readonly "ruststream:published": PublishedEvent;
  /** Something happened on a broker's connection. */
  readonly "ruststream:broker": BrokerNotice;
  /** Something that someone should know of. */
  readonly "ruststream:notice": Notice;
}

/** The names of all channels, by the hook of an observer whose events they have. */
export const channelNames: {
  readonly [
    Name in keyof DiagnosticsEvents as Name extends `${string}:${infer Hook}`
      ? Hook
      : never
  ]: Name;
} = Object.freeze({
  app: "ruststream:app",
  subscribed: "ruststream:subscribed",
  received: "ruststream:received",
  refused: "ruststream:refused",
  started: "ruststream:started",
  finished: "ruststream:finished",
  settled: "ruststream:settled",
  held: "ruststream:held",
  published: "ruststream:published",
  broker: "ruststream:broker",
  notice: "ruststream:notice",
});
