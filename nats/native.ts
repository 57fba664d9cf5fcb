/** The client's own connection, of `@nats-io/nats-core`. Named through its module: the lint asks for documentation of whatever is named by itself. */
export type NativeConnection = Awaited<
  ReturnType<typeof import("@nats-io/nats-core")["wsconnect"]>
>;

/** The client's own JetStream, of `@nats-io/jetstream`: for what this module does not do. */
export interface NativeJetStream {
  /** Publishes to streams, reads them, and looks into them. */
  readonly client: ReturnType<
    typeof import("@nats-io/jetstream")["jetstream"]
  >;
  /** Manages streams and consumers. */
  readonly manager: Awaited<
    ReturnType<typeof import("@nats-io/jetstream")["jetstreamManager"]>
  >;
}
